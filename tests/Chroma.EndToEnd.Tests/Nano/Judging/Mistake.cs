using Chroma.EndToEnd.Tests.Nano.Scenes;

namespace Chroma.EndToEnd.Tests.Nano.Judging;

/// <summary>What a picture can get wrong.</summary>
public enum Mistake
{
    /// <summary>The first shape has another colour.</summary>
    ShapeColour,

    /// <summary>The background has another colour, or one of its two has.</summary>
    GroundColour,

    /// <summary>The background has another pattern, or its two colours in the wrong places.</summary>
    GroundPattern,

    /// <summary>The shape is elsewhere, or the two have changed places.</summary>
    Position,

    /// <summary>The first shape is of another kind.</summary>
    Kind,

    /// <summary>The first shape is missing.</summary>
    Missing,

    /// <summary>There is one shape too many.</summary>
    Surplus,
}

/// <summary>Makes scenes that differ from another in one thing, to see that the judge notices.</summary>
public static class Mistakes
{
    /// <summary>Makes a mistake.</summary>
    /// <param name="scene">The right scene.</param>
    /// <param name="mistake">What is to be wrong.</param>
    /// <param name="chance">Chooses among the ways to be wrong.</param>
    public static Scene Make(Scene scene, Mistake mistake, Random chance)
    {
        SceneShape first = scene.Shapes[0];
        PaletteColour[] unused = [.. Palette.Colours.Except(scene.Colours).Except(scene.Shapes.Select(shape => shape.Colour))];
        PaletteColour other = Pick(unused, chance);
        return mistake switch
        {
            Mistake.ShapeColour => WithFirst(first with { Colour = other }),
            Mistake.GroundColour => scene with { Colours = [.. scene.Colours.SkipLast(1), other] },
            Mistake.GroundPattern when scene.Colours.Count == 1 => scene with
            {
                Background = Pick(Enum.GetValues<GroundPattern>()[1..], chance),
                Colours = [scene.Colours[0], other],
            },
            Mistake.GroundPattern => scene with { Colours = [.. scene.Colours.Reverse()] },
            Mistake.Position when scene.Shapes.Count == 2 => scene with
            {
                Shapes = [first with { Place = scene.Shapes[1].Place }, scene.Shapes[1] with { Place = first.Place }],
            },
            Mistake.Position => WithFirst(first with { Place = Pick([.. Enum.GetValues<Place>().Where(place => place != first.Place)], chance) }),
            Mistake.Kind => WithFirst(first with { Kind = Pick([.. Enum.GetValues<ShapeKind>().Where(kind => kind != first.Kind)], chance) }),
            Mistake.Missing => scene with { Shapes = [.. scene.Shapes.Skip(1)] },
            Mistake.Surplus => scene with { Shapes = [new SceneShape(first.Kind, other, ShapeSize.Small, FreePlace(scene)), .. scene.Shapes] },
            _ => throw new ArgumentOutOfRangeException(nameof(mistake), mistake, "There is no such mistake."),
        };

        Scene WithFirst(SceneShape shape) => scene with { Shapes = [shape, .. scene.Shapes.Skip(1)] };
    }

    // The corner farthest from all shapes, so that the surplus one hides none of them.
    private static Place FreePlace(Scene scene) => new[] { Place.TopLeft, Place.TopRight, Place.BottomLeft, Place.BottomRight }.MaxBy(corner =>
    {
        (double x, double y) = Layout.CentreOf(corner);
        return scene.Shapes.Min(shape => Math.Abs(x - Layout.CentreOf(shape.Place).X) + Math.Abs(y - Layout.CentreOf(shape.Place).Y));
    });

    private static T Pick<T>(T[] options, Random chance) => options[chance.Next(options.Length)];
}
