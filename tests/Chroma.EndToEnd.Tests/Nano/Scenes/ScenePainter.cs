using Chroma.Imaging;

namespace Chroma.EndToEnd.Tests.Nano.Scenes;

/// <summary>Paints scenes: what a picture of a prompt truly looks like, as the training pictures were made.</summary>
public static class ScenePainter
{
    private const double PositionChance = 0.025, SizeChance = 0.06, ColourChance = 4;

    /// <summary>Paints a scene with soft edges.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="chance">Moves, resizes and tints a little, as much as training pictures vary; null paints exactly what is meant.</param>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    public static ChromaImage Paint(Scene scene, Random? chance = null, int width = 128, int height = 128)
    {
        Rgb[] grounds = [.. scene.Colours.Select(colour => Tint(colour, chance))];
        Rgb[] canvas = new Rgb[width * height];
        for (int i = 0; i < canvas.Length; i++)
        {
            canvas[i] = grounds[Layout.GroundAt(scene.Background, i % width, i / width, width, height)];
        }

        foreach (SceneShape shape in scene.Shapes)
        {
            double side = Layout.SideOf(scene, width, height);
            (double x, double y) = Layout.CentreOf(shape.Place);
            double radius = Layout.RadiusOf(scene, shape, width, height) * (1 + Vary(chance, SizeChance));
            Draw(canvas, width, shape.Kind, Tint(shape.Colour, chance),
                (x * width) + (side * Vary(chance, PositionChance)), (y * height) + (side * Vary(chance, PositionChance)), radius);
        }

        byte[] pixels = new byte[canvas.Length * 3];
        for (int i = 0; i < canvas.Length; i++)
        {
            (pixels[3 * i], pixels[(3 * i) + 1], pixels[(3 * i) + 2]) = (Byte(canvas[i].Red), Byte(canvas[i].Green), Byte(canvas[i].Blue));
        }

        return new ChromaImage(width, height, pixels);
    }

    private static void Draw(Rgb[] canvas, int width, ShapeKind kind, Rgb colour, double centreX, double centreY, double radius)
    {
        for (int i = 0; i < canvas.Length; i++)
        {
            double x = (i % width) + 0.5 - centreX, y = (i / width) + 0.5 - centreY;
            if (Math.Max(Math.Abs(x), Math.Abs(y)) <= (Outline.Reach * radius) + 1)
            {
                canvas[i] = canvas[i].Blend(colour, Outline.Coverage(kind, x, y, radius));
            }
        }
    }

    private static Rgb Tint(PaletteColour colour, Random? chance)
    {
        Rgb exact = Palette.Of(colour);
        return new Rgb(exact.Red + Vary(chance, ColourChance), exact.Green + Vary(chance, ColourChance), exact.Blue + Vary(chance, ColourChance));
    }

    private static double Vary(Random? chance, double scale) => chance is null ? 0 : scale * ((2 * chance.NextDouble()) - 1);

    private static byte Byte(double value) => (byte)Math.Clamp(Math.Round(value), 0, 255);
}
