using Chroma.EndToEnd.Tests.Nano.Judging;
using Chroma.EndToEnd.Tests.Nano.Scenes;
using Chroma.Imaging;
using Xunit;

namespace Chroma.EndToEnd.Tests.Nano;

/// <summary>Guidance and the negative prompt do what they are for.</summary>
[Collection(NanoGroup.Name)]
public sealed class GuidanceTests(NanoFixture nano, ITestOutputHelper output)
{
    [Fact]
    public async Task Shapes_are_worse_without_guidance()
    {
        const int count = 80;
        IReadOnlyList<ScenePrompt> prompts = [.. nano.Prompts.Take(count)];
        IReadOnlyList<ChromaImage> guided = await nano.Default.FirstAsync(count);

        ChromaImage[] unguided = await nano.Studio.DrawAsync(prompts, i => nano.Default.OptionsOf(i) with { Guidance = 1 });

        double[] gains = [.. prompts.Select((asked, i) => SceneJudge.Likeness(guided[i], asked.Scene) - SceneJudge.Likeness(unguided[i], asked.Scene))];
        double mean = gains.Average(), error = Math.Sqrt(gains.Average(gain => (gain - mean) * (gain - mean)) / count);
        output.WriteLine($"likeness gained by guidance: {mean:F4}, standard error {error:F4}");
        output.WriteLine($"all right: {ScoreTable.Of(prompts, guided).All:P1} with guidance, {ScoreTable.Of(prompts, unguided).All:P1} without");
        Assert.True(mean > 2 * error, $"Guidance gains {mean:F4} with a standard error of {error:F4}.");
    }

    [Fact]
    public async Task With_guidance_0_the_prompt_is_not_heard()
    {
        ScoreTable score = await nano.Studio.ScoreAsync([.. nano.Prompts.Take(6)], i => nano.Quick.OptionsOf(i) with { Guidance = 0 });

        Assert.Equal(0, score.All);
    }

    [Fact]
    public async Task The_negative_prompt_removes_what_it_names()
    {
        // What the model draws when it is asked for nothing, and then for anything but a background of that colour.
        const int count = 8;
        ChromaImage[] anything = await DrawAsync(_ => "");
        PaletteColour[] shown = [.. anything.Select(MostSeen)];

        ChromaImage[] anythingElse = await DrawAsync(i => $"a {shown[i].ToString().ToLowerInvariant()} background");

        output.WriteLine(string.Join("\n", shown.Select((colour, i) => $"{colour}: {Share(anything[i], colour):P0}, then {Share(anythingElse[i], colour):P0}")));
        Assert.InRange(shown.Zip(anything).Average(pair => Share(pair.Second, pair.First)), 0.3, 1);
        Assert.InRange(shown.Zip(anythingElse).Average(pair => Share(pair.Second, pair.First)), 0, 0.1);

        Task<ChromaImage[]> DrawAsync(Func<int, string> negative) => nano.Studio.DrawAsync(
            count, async (pipeline, i) => (await pipeline.GenerateAsync("", nano.Quick.OptionsOf(i) with { NegativePrompt = negative(i) }))[0]);
    }

    private static PaletteColour MostSeen(ChromaImage picture) => Palette.Colours.MaxBy(colour => Share(picture, colour));

    private static double Share(ChromaImage picture, PaletteColour colour) => ColourMap.Of(picture).Of(colour).Area / (double)(picture.Width * picture.Height);
}
