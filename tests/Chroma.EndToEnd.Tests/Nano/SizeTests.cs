using Chroma.EndToEnd.Tests.Nano.Judging;
using Xunit;

namespace Chroma.EndToEnd.Tests.Nano;

/// <summary>
/// Places are parts of the picture and not numbers of pixels, and the position encoding says so: a prompt keeps its meaning in pictures of other sizes
/// and proportions.
/// </summary>
[Collection(NanoGroup.Name)]
public sealed class SizeTests(NanoFixture nano, ITestOutputHelper output)
{
    [Theory]
    [InlineData(96, 96)]
    [InlineData(192, 128)]
    [InlineData(128, 192)]
    public async Task A_prompt_is_drawn_at_other_sizes_too(int width, int height)
    {
        const int count = 24;

        ScoreTable score = await nano.Studio.ScoreAsync([.. nano.Prompts.Take(count)], i => nano.Default.OptionsOf(i) with { Width = width, Height = height });

        output.WriteLine(score.ToString());
        Assert.True(score is { Colour: >= 0.9, Background: >= 0.9, Position: >= 0.9, Shape: >= 0.75 }, score.ToString());
    }
}
