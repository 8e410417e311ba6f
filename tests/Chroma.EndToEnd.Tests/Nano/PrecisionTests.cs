using Chroma.EndToEnd.Tests.Nano.Judging;
using Chroma.Imaging;
using Chroma.Models;
using Xunit;

namespace Chroma.EndToEnd.Tests.Nano;

/// <summary>Smaller weights draw the same pictures.</summary>
[Collection(NanoGroup.Name)]
public sealed class PrecisionTests(NanoFixture nano)
{
    private const int Pictures = 6;

    [Theory]
    [InlineData(WeightType.F32)]
    [InlineData(WeightType.BF16)]
    [InlineData(WeightType.Q8_0)]
    public async Task Another_weight_type_draws_the_same_scenes(WeightType type)
    {
        using NanoStudio studio = await NanoStudio.OpenAsync(options => ChromaNano.LoadAsync(options), new ChromaPipelineOptions { WeightType = type });
        IReadOnlyList<ChromaImage> stored = await nano.Quick.FirstAsync(Pictures);

        ChromaImage[] converted = await studio.DrawAsync([.. nano.Prompts.Take(Pictures)], nano.Quick.OptionsOf);

        Assert.All(stored.Zip(converted), pair => Assert.InRange(Difference.Between(pair.First, pair.Second), 0, Difference.OfRounding));
        Assert.Equal(ScoreTable.Of(nano.Prompts, stored).All, ScoreTable.Of(nano.Prompts, converted).All);
    }

    [Fact]
    public async Task Another_seed_or_another_prompt_differs_by_more()
    {
        IReadOnlyList<ChromaImage> pictures = await nano.Quick.FirstAsync(2);

        ChromaImage otherSeed = Assert.Single(await nano.Studio.DrawAsync([nano.Prompts[0]], _ => nano.Quick.OptionsOf(1)));

        Assert.True(Difference.Between(pictures[0], otherSeed) > Difference.OfRounding);
        Assert.True(Difference.Between(pictures[0], pictures[1]) > 10 * Difference.OfRounding);
    }
}
