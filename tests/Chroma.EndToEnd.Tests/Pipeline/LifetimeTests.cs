using Chroma.Imaging;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Pipeline;

public sealed class LifetimeTests
{
    private static readonly GenerationOptions _long = TinyModel.Quick with { Steps = 500 };

    [Theory]
    [InlineData(GenerationStage.EncodingPrompt)]
    [InlineData(GenerationStage.Denoising)]
    [InlineData(GenerationStage.Decoding)]
    public async Task Cancelling_in_any_stage_throws_with_the_callers_token_and_leaves_the_pipeline_usable(GenerationStage stage)
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        using CancellationTokenSource source = new();
        Listener<GenerationProgress> progress = new(p =>
        {
            if (p.Stage == stage)
            {
                source.Cancel();
            }
        });

        OperationCanceledException error = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => pipeline.GenerateAsync("a red circle", TinyModel.Quick with { Count = 2 }, progress, source.Token));

        Assert.Equal(source.Token, error.CancellationToken);
        Assert.Single(await pipeline.GenerateAsync("a red circle", TinyModel.Quick));
    }

    [Fact]
    public async Task A_cancelled_load_gives_no_pipeline()
    {
        using CancellationTokenSource source = new();
        Listener<double> progress = new(_ => source.Cancel());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ChromaPipeline.LoadAsync(TinyModel.Files, TinyModel.Options, progress, source.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => ChromaPipeline.LoadAsync(TinyModel.Files, TinyModel.Options, cancellationToken: new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Disposing_while_a_picture_is_drawn_stops_it()
    {
        ChromaPipeline pipeline = await TinyModel.LoadAsync();
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<IReadOnlyList<ChromaImage>> running = pipeline.GenerateAsync(
            "a", _long, new Listener<GenerationProgress>(p => _ = p.Stage == GenerationStage.Denoising && started.TrySetResult()));
        await started.Task;

        pipeline.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => running);
    }

    [Fact]
    public async Task A_disposed_pipeline_refuses_every_call_and_may_be_disposed_again()
    {
        ChromaPipeline pipeline = await TinyModel.LoadAsync();
        pipeline.Dispose();
        pipeline.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => pipeline.GenerateAsync("a", TinyModel.Quick));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pipeline.EncodePromptAsync("a"));
        Assert.Throws<ObjectDisposedException>(() => pipeline.Transformer);
    }

    [Fact]
    public async Task Two_pipelines_draw_at_the_same_time_what_each_draws_alone()
    {
        using ChromaPipeline first = await TinyModel.LoadAsync();
        using ChromaPipeline second = await TinyModel.LoadAsync();
        byte[] alone = (await first.GenerateAsync("a red circle", TinyModel.Quick))[0].Pixels.ToArray();

        IReadOnlyList<ChromaImage>[] both = await Task.WhenAll(
            first.GenerateAsync("a red circle", TinyModel.Quick), second.GenerateAsync("a red circle", TinyModel.Quick));

        Assert.Equal(alone, both[0][0].Pixels.ToArray());
        Assert.Equal(alone, both[1][0].Pixels.ToArray());
    }

    [Fact]
    public async Task Calls_on_one_pipeline_from_many_threads_wait_for_each_other()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        byte[] alone = (await pipeline.GenerateAsync("a", TinyModel.Quick))[0].Pixels.ToArray();

        IReadOnlyList<ChromaImage>[] all = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => pipeline.GenerateAsync("a", TinyModel.Quick))));

        Assert.All(all, images => Assert.Equal(alone, images[0].Pixels.ToArray()));
    }

    [Fact]
    public async Task Progress_goes_through_the_stages_in_order_and_never_falls_within_one()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        List<GenerationProgress> seen = [];

        await pipeline.GenerateAsync("a red circle", TinyModel.Quick, new Listener<GenerationProgress>(seen.Add));

        Assert.Equal(seen.OrderBy(p => p.Stage).ThenBy(p => p.StageFraction), seen);
        Assert.Contains(seen, p => p.Stage == GenerationStage.Denoising && p.StageFraction is > 0 and < 1);
        Assert.Equal(1, seen[^1].StageFraction);
        Assert.Equal(GenerationStage.Decoding, seen[^1].Stage);
    }

    private sealed class Listener<T>(Action<T> listen) : IProgress<T>
    {
        public void Report(T value) => listen(value);
    }
}
