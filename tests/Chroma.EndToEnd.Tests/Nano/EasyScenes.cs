using Chroma.EndToEnd.Tests.Nano.Judging;
using Chroma.EndToEnd.Tests.Nano.Scenes;
using Chroma.Imaging;
using Xunit;

namespace Chroma.EndToEnd.Tests.Nano;

/// <summary>Scenes that the model always gets right, so that a wrong picture is the fault of what is tested.</summary>
public static class EasyScenes
{
    /// <summary>The prompts.</summary>
    public static IReadOnlyList<ScenePrompt> All { get; } =
    [
        new("a large red square on a blue background", Plain(new(ShapeKind.Square, PaletteColour.Red, ShapeSize.Large), PaletteColour.Blue)),
        new("a yellow triangle on the left on a black background", Plain(new(ShapeKind.Triangle, PaletteColour.Yellow, Place: Place.Left), PaletteColour.Black)),
    ];

    /// <summary>Draws the scenes and asserts that each is right in everything.</summary>
    /// <param name="studio">Draws.</param>
    /// <param name="options">How.</param>
    public static async Task AssertRightAsync(NanoStudio studio, GenerationOptions options)
    {
        ChromaImage[] pictures = await studio.DrawAsync(All, i => options with { Seed = (ulong)i });

        ScoreTable score = ScoreTable.Of(All, pictures);
        Assert.True(score.All == 1, score.ToString());
    }

    private static Scene Plain(SceneShape shape, PaletteColour ground) => new([shape], GroundPattern.Plain, [ground]);
}
