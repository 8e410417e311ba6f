using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Sdk.Tests.Models;

/// <summary>Evaluations that are left out where they can be predicted.</summary>
public sealed class StepCacheTests(EngineFixture fixture) : IDisposable
{
    private const float AnyChange = 1e6f;
    private const float NoChange = 1e-30f;

    private readonly Transformer _transformer = TinyModels.LoadTransformer(fixture.Engine);
    private readonly TransformerCase _case = new();

    public void Dispose() => _transformer.Dispose();

    [Fact]
    public void A_cache_that_predicts_nothing_changes_nothing()
    {
        using StepCache cache = new(NoChange);
        foreach (float level in (float[])[0.9f, 0.6f, 0.3f])
        {
            Assert.Equal(Velocity(level), Velocity(level, cache));
        }

        Assert.Equal((6, 0), (cache.Evaluations, cache.Predicted)); // the case has two samples
        Assert.True(cache.LastChange > 0.01f);
    }

    [Fact]
    public void An_evaluation_like_the_last_one_is_predicted()
    {
        using StepCache cache = new(0.01f);
        float[] computed = Velocity(0.5f, cache);
        Assert.Equal((2, 0), (cache.Evaluations, cache.Predicted));
        Assert.Equal(float.PositiveInfinity, cache.LastChange);

        float[] predicted = Velocity(0.5f, cache);

        Assert.Equal((4, 2), (cache.Evaluations, cache.Predicted));
        Assert.Equal(0, cache.LastChange);
        Agree.WithinAbsolute(predicted, computed, TransformerCase.Tolerance, "velocity");
    }

    [Fact]
    public void Predictions_go_on_along_a_line()
    {
        // From two computed evaluations close to each other the third follows; repeating the second would be farther off.
        using StepCache line = new(AnyChange), repeat = new(AnyChange);
        float[] exact = Velocity(0.5f);
        Velocity(0.50004f, line, computeAll: true);
        Velocity(0.50002f, line, computeAll: true);
        Velocity(0.50002f, repeat);

        double byLine = TensorDifference.Between(Velocity(0.5f, line), exact).MaxAbsolute;
        double byRepeating = TensorDifference.Between(Velocity(0.5f, repeat), exact).MaxAbsolute;

        Assert.Equal((6, 2), (line.Evaluations, line.Predicted));
        Assert.True(byLine < 0.5 * byRepeating, $"{byLine} along the line, {byRepeating} by repeating");
    }

    [Fact]
    public void A_change_beyond_the_threshold_is_computed()
    {
        using StepCache cache = new(0.05f);
        Velocity(0.9f, cache);
        Assert.Equal(Velocity(0.2f), Velocity(0.2f, cache));
        Assert.Equal(0, cache.Predicted);
    }

    [Fact]
    public void No_more_in_a_row_are_predicted_than_was_asked_for()
    {
        using StepCache cache = new(AnyChange, mostInRow: 2);
        long[] predicted = [.. Enumerable.Range(0, 7).Select(i =>
        {
            Velocity(0.9f - (0.1f * i), cache);
            return cache.Predicted / 2;
        })];
        Assert.Equal([0, 1, 2, 2, 3, 4, 4], predicted);
    }

    [Fact]
    public void A_latent_of_another_size_starts_anew()
    {
        using StepCache cache = new(AnyChange);
        Velocity(0.5f, cache);
        FloatTensor larger = new(2, 16, 8, 8);
        larger.Span.Fill(0.25f);

        FloatTensor computed = _transformer.Forward(larger, [0.5f, 0.5f], _case.Context, _case.Mask);

        Assert.Equal(
            computed.Span.ToArray(),
            _transformer.Forward(larger, [0.5f, 0.5f], _case.Context, _case.Mask, new RunOptions { StepCache = cache }).Span.ToArray());
        Assert.Equal(0, cache.Predicted);
    }

    [Fact]
    public void Taps_see_everything_computed()
    {
        using StepCache cache = new(AnyChange);
        Velocity(0.5f, cache);
        using TapSession taps = _transformer.Tap("single_blocks.*");
        Assert.Equal(Velocity(0.4f), Velocity(0.4f, cache));
        Assert.Equal(0, cache.Predicted);
        Assert.Contains("single_blocks.2", taps.Names);
    }

    [Fact]
    public void Progress_ends_where_it_does_when_all_is_computed()
    {
        using StepCache cache = new(AnyChange);
        List<BlockProgress> reports = [];
        RunOptions options = new() { StepCache = cache, Progress = new ImmediateProgress<BlockProgress>(reports.Add) };
        Velocity(0.5f, options);
        BlockProgress whole = reports[^1];
        reports.Clear();
        Velocity(0.5f, options);

        Assert.Equal(2, cache.Predicted);
        Assert.Equal(whole, reports[^1]);
    }

    [Fact]
    public void A_cache_holds_memory_and_says_how_much()
    {
        using StepCache cache = new(NoChange);
        Assert.Equal(0, cache.Bytes);
        Velocity(0.5f, cache);
        long one = cache.Bytes;
        Assert.Equal(2 * 2 * 6 * 64 * sizeof(float), one); // two samples of 6 image tokens, 64 channels: the first block and the rest
        Velocity(0.4f, cache);
        Velocity(0.3f, cache);
        Assert.Equal(one * 3 / 2, cache.Bytes);
    }

    [Fact]
    public void Wrong_options_are_told()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new StepCache(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StepCache(float.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StepCache(0.1f, mostInRow: -1));
        StepCache disposed = new(0.1f);
        disposed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => disposed.Predicted);
        Assert.Throws<ObjectDisposedException>(() => Velocity(0.5f, disposed));
    }

    private float[] Velocity(float level, StepCache? cache = null, bool computeAll = false)
    {
        using TapSession? taps = computeAll ? _transformer.Tap("final_layer") : null;
        return Velocity(level, new RunOptions { StepCache = cache });
    }

    private float[] Velocity(float level, RunOptions options) =>
        _transformer.Forward(_case.Latent, [level, level], _case.Context, _case.Mask, options).Span.ToArray();
}
