using Chroma.Imaging;
using Chroma.Sampling;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Pipeline;

/// <summary>Pictures of which evaluations were left out.</summary>
public sealed class StepCachingTests
{
    private static readonly GenerationOptions _options = TinyModel.Quick with { Steps = 12 };

    [Fact]
    public async Task Without_a_threshold_nothing_is_saved()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        (_, int saved) = await DrawAsync(pipeline, _options);
        Assert.Equal(0, saved);
        Assert.Equal(0, GenerationOptions.HD.CacheThreshold);
    }

    [Fact]
    public async Task A_threshold_that_nothing_meets_draws_the_same_picture()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        (ChromaImage exact, _) = await DrawAsync(pipeline, _options);
        (ChromaImage same, int saved) = await DrawAsync(pipeline, _options with { CacheThreshold = 1e-6f });
        Assert.Equal(0, saved);
        Assert.Equal(exact.Pixels.ToArray(), same.Pixels.ToArray());
    }

    [Theory]
    [InlineData("euler", 1, 1)]
    [InlineData("euler", 3, 2)]
    [InlineData("heun", 3, 1)]
    [InlineData("dpmpp_2m", 3, 1)]
    [InlineData("dpm_2", 1, 1)]
    public async Task A_threshold_saves_evaluations_and_the_picture_stays_close(string sampler, float guidance, int count)
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        GenerationOptions options = _options with { Sampler = Samplers.BuiltIn.Create(sampler), Guidance = guidance, Count = count };
        (ChromaImage exact, _) = await DrawAsync(pipeline, options);
        (ChromaImage close, int saved) = await DrawAsync(pipeline, options with { CacheThreshold = 0.5f });

        Assert.True(saved > 0, "nothing was saved");
        Assert.InRange(PeakSignalToNoise(close, exact), 20, 99);
        Assert.Equal(0.5f, close.Parameters!.CacheThreshold);
        Assert.Null(exact.Parameters!.CacheThreshold);
    }

    [Fact]
    public async Task Every_picture_has_a_cache_of_its_own()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        GenerationOptions options = _options with { CacheThreshold = 0.5f };
        IReadOnlyList<ChromaImage> both = await pipeline.GenerateAsync(["a", "b"], options);
        (ChromaImage alone, _) = await DrawAsync(pipeline, options, "b");
        Assert.Equal(alone.Pixels.ToArray(), both[1].Pixels.ToArray());
    }

    [Theory]
    [InlineData(-0.1f)]
    [InlineData(1.5f)]
    [InlineData(float.NaN)]
    public void A_threshold_out_of_range_is_refused(float threshold) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => (_options with { CacheThreshold = threshold }).Validate());

    private static async Task<(ChromaImage Last, int Saved)> DrawAsync(ChromaPipeline pipeline, GenerationOptions options, string prompt = "a")
    {
        int saved = 0;
        ImmediateProgress<GenerationProgress> progress = new(report => saved = Math.Max(saved, report.SavedEvaluations));
        return ((await pipeline.GenerateAsync(prompt, options, progress))[^1], saved);
    }

    private static double PeakSignalToNoise(ChromaImage actual, ChromaImage expected)
    {
        ReadOnlySpan<byte> a = actual.Pixels.Span, b = expected.Pixels.Span;
        double squares = 0;
        for (int i = 0; i < a.Length; i++)
        {
            squares += Math.Pow(a[i] - b[i], 2);
        }

        return squares == 0 ? double.PositiveInfinity : 10 * Math.Log10(255.0 * 255 * a.Length / squares);
    }
}
