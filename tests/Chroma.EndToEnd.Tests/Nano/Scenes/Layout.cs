namespace Chroma.EndToEnd.Tests.Nano.Scenes;

/// <summary>Where the words of the language put things, and how large.</summary>
public static class Layout
{
    /// <summary>The centre of a place, as parts of width and height.</summary>
    /// <param name="place">The place.</param>
    public static (double X, double Y) CentreOf(Place place) => (WorldFigures.Known.Places[place][0], WorldFigures.Known.Places[place][1]);

    /// <summary>The side of a square picture in which a shape that stands alone is as large as in this one: two shapes are a little smaller, so that they stay apart.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="width">Pixels of the picture.</param>
    /// <param name="height">Pixels of the picture.</param>
    public static double SideOf(Scene scene, int width, int height) =>
        Math.Min(width, height) * (scene.Shapes.Count > 1 ? WorldFigures.Known.PairScale : 1);

    /// <summary>The radius, in pixels, of the circle that has the area of a scene's shape.</summary>
    /// <param name="scene">The scene.</param>
    /// <param name="shape">A shape of it.</param>
    /// <param name="width">Pixels of the picture.</param>
    /// <param name="height">Pixels of the picture.</param>
    public static double RadiusOf(Scene scene, SceneShape shape, int width, int height) => WorldFigures.Known.Sizes[shape.Size] * SideOf(scene, width, height);

    /// <summary>Which of the background's colours is at a pixel: 0 or 1.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="x">The pixel's column.</param>
    /// <param name="y">The pixel's row.</param>
    /// <param name="width">Pixels of the picture.</param>
    /// <param name="height">Pixels of the picture.</param>
    public static int GroundAt(GroundPattern pattern, int x, int y, int width, int height) => pattern switch
    {
        GroundPattern.SideBySide => 2 * x >= width ? 1 : 0,
        GroundPattern.Stacked => 2 * y >= height ? 1 : 0,
        GroundPattern.VerticalStripes => x / WorldFigures.Known.Stripe % 2,
        GroundPattern.HorizontalStripes => y / WorldFigures.Known.Stripe % 2,
        _ => 0,
    };
}
