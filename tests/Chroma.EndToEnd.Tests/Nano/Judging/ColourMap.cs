using Chroma.EndToEnd.Tests.Nano.Scenes;
using Chroma.Imaging;

namespace Chroma.EndToEnd.Tests.Nano.Judging;

/// <summary>A picture as the names of its pixels' colours.</summary>
public sealed class ColourMap
{
    private readonly PaletteColour[] _names;

    private ColourMap(int width, int height, PaletteColour[] names)
    {
        Width = width;
        Height = height;
        _names = names;
    }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>The name of a pixel's colour.</summary>
    /// <param name="x">The column.</param>
    /// <param name="y">The row.</param>
    public PaletteColour this[int x, int y] => _names[(y * Width) + x];

    /// <summary>Names the colours of a picture.</summary>
    /// <param name="picture">The picture.</param>
    public static ColourMap Of(ChromaImage picture)
    {
        ReadOnlySpan<byte> pixels = picture.Pixels.Span;
        var names = new PaletteColour[picture.Width * picture.Height];
        for (int i = 0; i < names.Length; i++)
        {
            // Most pixels have the colour of their neighbour.
            ReadOnlySpan<byte> pixel = pixels.Slice(3 * i, 3);
            names[i] = i > 0 && pixel.SequenceEqual(pixels.Slice(3 * (i - 1), 3))
                ? names[i - 1]
                : Palette.Nearest(new Rgb(pixel[0], pixel[1], pixel[2]));
        }

        return new ColourMap(picture.Width, picture.Height, names);
    }

    /// <summary>The pixels of a colour.</summary>
    /// <param name="colour">The colour.</param>
    public Region Of(PaletteColour colour) => Where((x, y) => this[x, y] == colour);

    /// <summary>The pixels for which something holds.</summary>
    /// <param name="holds">Asked about each column and row.</param>
    public Region Where(Func<int, int, bool> holds) => Region.Where(Width, Height, holds);
}
