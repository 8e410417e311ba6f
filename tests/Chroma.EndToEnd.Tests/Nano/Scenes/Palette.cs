namespace Chroma.EndToEnd.Tests.Nano.Scenes;

/// <summary>The colours of chroma-nano's language.</summary>
public enum PaletteColour
{
    Red,
    Green,
    Blue,
    Yellow,
    Orange,
    Purple,
    White,
    Black,
    Pink,
    Cyan,
}

/// <summary>A colour.</summary>
/// <param name="Red">0 to 255.</param>
/// <param name="Green">0 to 255.</param>
/// <param name="Blue">0 to 255.</param>
public readonly record struct Rgb(double Red, double Green, double Blue)
{
    /// <summary>The colour on the way to another.</summary>
    /// <param name="other">Where the way ends.</param>
    /// <param name="part">0 is this colour, 1 the other.</param>
    public Rgb Blend(Rgb other, double part) =>
        new(Red + (part * (other.Red - Red)), Green + (part * (other.Green - Green)), Blue + (part * (other.Blue - Blue)));

    /// <summary>How far apart two colours are, in steps of one channel.</summary>
    /// <param name="other">The other colour.</param>
    public double DistanceTo(Rgb other) => Math.Sqrt(SquaredDistanceTo(other));

    /// <summary>The square of <see cref="DistanceTo"/>.</summary>
    /// <param name="other">The other colour.</param>
    public double SquaredDistanceTo(Rgb other)
    {
        double red = Red - other.Red, green = Green - other.Green, blue = Blue - other.Blue;
        return (red * red) + (green * green) + (blue * blue);
    }
}

/// <summary>The named colours as the training pictures had them; any two are at least 80 apart.</summary>
public static class Palette
{
    /// <summary>All names, in the order of <see cref="PaletteColour"/>.</summary>
    public static IReadOnlyList<PaletteColour> Colours { get; } = Enum.GetValues<PaletteColour>();

    private static Rgb[] Exact { get; } = [.. Colours.Select(name => WorldFigures.Known.Colours[name]).Select(rgb => new Rgb(rgb[0], rgb[1], rgb[2]))];

    /// <summary>The colour of a name.</summary>
    /// <param name="name">The name.</param>
    public static Rgb Of(PaletteColour name) => Exact[(int)name];

    /// <summary>The name of a colour: that of the nearest one.</summary>
    /// <param name="colour">The colour.</param>
    public static PaletteColour Nearest(Rgb colour)
    {
        PaletteColour best = default;
        double distance = double.PositiveInfinity;
        for (int i = 0; i < Exact.Length; i++)
        {
            double candidate = colour.SquaredDistanceTo(Exact[i]);
            if (candidate < distance)
            {
                (best, distance) = ((PaletteColour)i, candidate);
            }
        }

        return best;
    }
}
