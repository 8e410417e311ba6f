using System.Text.Json.Serialization;

namespace Chroma.EndToEnd.Tests.Nano.Scenes;

/// <summary>The shapes of chroma-nano's language.</summary>
public enum ShapeKind
{
    /// <summary>A disc.</summary>
    Circle,

    /// <summary>A square that stands on a side.</summary>
    Square,

    /// <summary>An equilateral triangle that stands on a side.</summary>
    Triangle,

    /// <summary>An upright cross of two bars.</summary>
    Cross,

    /// <summary>A star with five points, one of them up.</summary>
    Star,

    /// <summary>A disc with a hole.</summary>
    Ring,
}

/// <summary>How large a shape is; without a word for it, medium.</summary>
public enum ShapeSize
{
    /// <summary>About an eighth of the picture's side from the centre to the edge.</summary>
    Small,

    /// <summary>Between the two.</summary>
    Medium,

    /// <summary>About a fifth of the picture's side from the centre to the edge.</summary>
    Large,
}

/// <summary>Where a shape's centre is; without a word for it, the centre.</summary>
public enum Place
{
    /// <summary>The middle of the picture.</summary>
    Centre,

    /// <summary>The middle of the left half.</summary>
    Left,

    /// <summary>The middle of the right half.</summary>
    Right,

    /// <summary>The middle of the upper half.</summary>
    Top,

    /// <summary>The middle of the lower half.</summary>
    Bottom,

    /// <summary>A corner.</summary>
    [JsonStringEnumMemberName("top left")]
    TopLeft,

    /// <summary>A corner.</summary>
    [JsonStringEnumMemberName("top right")]
    TopRight,

    /// <summary>A corner.</summary>
    [JsonStringEnumMemberName("bottom left")]
    BottomLeft,

    /// <summary>A corner.</summary>
    [JsonStringEnumMemberName("bottom right")]
    BottomRight,
}

/// <summary>Where the first of two shapes is, seen from the second.</summary>
public enum Relation
{
    /// <summary>At its left.</summary>
    [JsonStringEnumMemberName("left of")]
    LeftOf,

    /// <summary>At its right.</summary>
    [JsonStringEnumMemberName("right of")]
    RightOf,

    /// <summary>Over it.</summary>
    Above,

    /// <summary>Under it.</summary>
    Below,
}

/// <summary>How a background's colours are laid out.</summary>
public enum GroundPattern
{
    /// <summary>One colour.</summary>
    Plain,

    /// <summary>The first colour at the left, the second at the right.</summary>
    [JsonStringEnumMemberName("side by side")]
    SideBySide,

    /// <summary>The first colour at the top, the second at the bottom.</summary>
    Stacked,

    /// <summary>Stripes from top to bottom, the first colour at the left edge.</summary>
    [JsonStringEnumMemberName("vertical stripes")]
    VerticalStripes,

    /// <summary>Stripes from left to right, the first colour at the upper edge.</summary>
    [JsonStringEnumMemberName("horizontal stripes")]
    HorizontalStripes,
}

/// <summary>One shape of a scene.</summary>
/// <param name="Kind">Its outline.</param>
/// <param name="Colour">Its colour.</param>
/// <param name="Size">Its size.</param>
/// <param name="Place">Where it is.</param>
public sealed record SceneShape(ShapeKind Kind, PaletteColour Colour, ShapeSize Size = ShapeSize.Medium, Place Place = Place.Centre);

/// <summary>What a prompt means: one or two shapes on a background.</summary>
/// <param name="Shapes">The shapes, each of another colour.</param>
/// <param name="Background">The pattern behind them.</param>
/// <param name="Colours">The background's colours: one if it is plain, else two.</param>
/// <param name="Relation">Where the first shape is, seen from the second; null for one shape.</param>
public sealed record Scene(
    IReadOnlyList<SceneShape> Shapes, GroundPattern Background, IReadOnlyList<PaletteColour> Colours, Relation? Relation = null);

/// <summary>A prompt and what it means.</summary>
/// <param name="Prompt">The words.</param>
/// <param name="Scene">The meaning.</param>
public sealed record ScenePrompt(string Prompt, Scene Scene);
