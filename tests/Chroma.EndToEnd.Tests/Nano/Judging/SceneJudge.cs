using Chroma.EndToEnd.Tests.Nano.Scenes;
using Chroma.Imaging;

namespace Chroma.EndToEnd.Tests.Nano.Judging;

/// <summary>Says by the pixels of a picture which parts of a scene it shows. It asks what a person would; true pictures get full marks.</summary>
public static class SceneJudge
{
    /// <summary>Edges are this soft, in pixels: what is thinner on both sides together is nobody's fault.</summary>
    private const int Softness = 2;

    /// <summary>Pixels that belong to nothing may make up this part of the picture.</summary>
    private const double MostStray = 0.004;

    /// <summary>A part of the background must be seen, and have its colour, to these shares.</summary>
    private const double LeastSeen = 0.3, LeastRight = 0.9;

    /// <summary>Judges a picture.</summary>
    /// <param name="picture">The picture, of any size.</param>
    /// <param name="scene">What it should show.</param>
    public static Verdict Judge(ChromaImage picture, Scene scene)
    {
        ColourMap colours = ColourMap.Of(picture);
        Region[] found = [.. scene.Shapes.Select(shape => colours.Of(shape.Colour).LargestPart())];
        return new Verdict(
            scene.Shapes.Zip(found).All(pair => IsThere(pair.Second, AreaOf(scene, pair.First, picture))),
            IsBackgroundRight(colours, scene),
            StrayPixels(colours, scene, found) <= MostStray * picture.Width * picture.Height,
            IsPlacedRight(scene, found),
            scene.Shapes.Zip(found).All(pair => ShapeJudge.IsRight(pair.Second, pair.First.Kind, AreaOf(scene, pair.First, picture))));
    }

    /// <summary>
    /// How much the shapes look like what they should be, as a number that tells good pictures from very good ones: the mean of
    /// <see cref="ShapeJudge.Likeness"/>; 0 for a shape whose colour is not there.
    /// </summary>
    /// <inheritdoc cref="Judge"/>
    public static double Likeness(ChromaImage picture, Scene scene)
    {
        ColourMap colours = ColourMap.Of(picture);
        return scene.Shapes.Average(shape => colours.Of(shape.Colour).LargestPart() is { Area: > 0 } region ? ShapeJudge.Likeness(region, shape.Kind) : 0);
    }

    private static double AreaOf(Scene scene, SceneShape shape, ChromaImage picture)
    {
        double radius = Layout.RadiusOf(scene, shape, picture.Width, picture.Height);
        return Math.PI * radius * radius;
    }

    // A spot of the colour that could be the shape: neither a speck nor half the picture.
    private static bool IsThere(Region region, double area) => region.Area > 0.35 * area && region.Area < 2.5 * area;

    private static bool IsBackgroundRight(ColourMap colours, Scene scene)
    {
        for (int part = 0; part < scene.Colours.Count; part++)
        {
            Region ground = colours.Where((x, y) => GroundAt(colours, scene, x, y) == part).Shrink(Softness);
            Region seen = colours.Where((x, y) => ground[x, y] && scene.Shapes.All(shape => shape.Colour != colours[x, y]));
            Region right = colours.Where((x, y) => seen[x, y] && colours[x, y] == scene.Colours[part]);
            if (seen.Area < LeastSeen * ground.Area || right.Area < LeastRight * seen.Area)
            {
                return false;
            }
        }

        return true;
    }

    // What is neither background nor one of the shapes, soft edges aside.
    private static int StrayPixels(ColourMap colours, Scene scene, Region[] found) => colours.Where((x, y) =>
        colours[x, y] != scene.Colours[GroundAt(colours, scene, x, y)] && !found.Any(region => region[x, y])).Shrink(Softness).Area;

    private static int GroundAt(ColourMap colours, Scene scene, int x, int y) =>
        Layout.GroundAt(scene.Background, x, y, colours.Width, colours.Height);

    private static bool IsPlacedRight(Scene scene, Region[] found)
    {
        if (found.Any(region => region.Area == 0))
        {
            return false;
        }

        return scene.Relation is { } relation
            ? IsRelated(relation, found[0], found[1])
            : scene.Shapes.Zip(found).All(pair => NearestPlace(pair.Second) == pair.First.Place);
    }

    // Apart in the one direction by a fifth of the picture, and clearly less in the other.
    private static bool IsRelated(Relation relation, Region first, Region second)
    {
        double right = (second.Centre.X - first.Centre.X) / first.Width, down = (second.Centre.Y - first.Centre.Y) / first.Height;
        (double along, double aside) = relation switch
        {
            Relation.LeftOf => (right, down),
            Relation.RightOf => (-right, down),
            Relation.Above => (down, right),
            _ => (-down, right),
        };
        return along > Math.Max(0.2, 1.5 * Math.Abs(aside));
    }

    private static Place NearestPlace(Region region) => Enum.GetValues<Place>().MinBy(place =>
    {
        (double x, double y) = Layout.CentreOf(place);
        return Math.Pow(region.Centre.X - (x * region.Width), 2) + Math.Pow(region.Centre.Y - (y * region.Height), 2);
    });
}
