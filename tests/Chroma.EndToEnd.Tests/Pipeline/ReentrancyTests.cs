using System.Collections.Concurrent;
using Chroma.Imaging;
using Chroma.Models;
using Chroma.Noise;
using Chroma.Sampling;
using Chroma.Scheduling;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Pipeline;

/// <summary>What users' own code may do to a pipeline from inside of one of its calls.</summary>
public sealed class ReentrancyTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    public static TheoryData<string> Places => ["progress", "tap", "sampler", "step", "scheduler", "noise", "sampler's noise"];

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Dispose_inside_a_call_returns_stops_the_call_and_releases(string place)
    {
        ChromaPipeline pipeline = await TinyModel.LoadAsync();
        Transformer transformer = pipeline.Transformer;

        Task<IReadOnlyList<ChromaImage>> call = CallAsync(pipeline, place, pipeline.Dispose);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => call.WaitAsync(_patience));
        Assert.Throws<ObjectDisposedException>(() => transformer.Memory);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pipeline.EncodePromptAsync("a"));
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_call_that_its_own_caller_waits_for_is_refused(string place)
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        Exception? refusal = null;

        Task<IReadOnlyList<ChromaImage>> call = CallAsync(pipeline, place, () => refusal ??= Record.Exception(
            () => pipeline.GenerateAsync("b", TinyModel.Quick).Wait()));

        Assert.Single(await call.WaitAsync(_patience));
        Assert.IsType<InvalidOperationException>(refusal);
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_call_that_is_not_waited_for_is_refused_on_the_thread_of_the_call(string place)
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        List<Exception?> refusals = [];

        await CallAsync(pipeline, place, () => refusals.Add(Record.Exception(() => { _ = pipeline.EncodePromptAsync("b"); }))).WaitAsync(_patience);

        Assert.All(refusals, refusal => Assert.IsType<InvalidOperationException>(refusal));
    }

    [Fact]
    public async Task What_a_refusal_throws_in_a_callback_comes_out_of_the_call_and_the_pipeline_goes_on()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(
            () => CallAsync(pipeline, "progress", () => pipeline.DecodeAsync(new(1, 16, 2, 2)).Wait()).WaitAsync(_patience));

        Assert.Single(await pipeline.GenerateAsync("a", TinyModel.Quick));
    }

    [Fact]
    public async Task A_call_started_on_another_thread_and_waited_for_inside_is_refused()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        Exception? refusal = null;

        await CallAsync(pipeline, "progress", () => refusal ??= Record.Exception(
            () => Task.Run(() => pipeline.EncodePromptAsync("b")).GetAwaiter().GetResult())).WaitAsync(_patience);

        Assert.IsType<InvalidOperationException>(refusal);
    }

    [Fact]
    public async Task Dispose_on_another_thread_that_a_callback_waits_for_returns()
    {
        ChromaPipeline pipeline = await TinyModel.LoadAsync();

        Task<IReadOnlyList<ChromaImage>> call = CallAsync(pipeline, "progress", () => Task.Run(pipeline.Dispose).Wait());

        await Assert.ThrowsAsync<ObjectDisposedException>(() => call.WaitAsync(_patience));
    }

    [Fact]
    public async Task Calls_started_inside_and_not_waited_for_there_have_their_turn()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        ConcurrentBag<Task<PromptEmbedding>> started = [];
        int left = 3;

        // Progress<T> posts to the pool, where the execution context of the call goes along.
        Progress<GenerationProgress> progress = new(_ =>
        {
            if (Interlocked.Decrement(ref left) >= 0)
            {
                started.Add(pipeline.EncodePromptAsync("posted"));
            }
        });
        await pipeline.GenerateAsync("a", TinyModel.Quick, progress).WaitAsync(_patience);
        await CallAsync(pipeline, "progress", () => started.Add(Task.Run(() => pipeline.EncodePromptAsync("run")))).WaitAsync(_patience);
        await CallAsync(pipeline, "sampler", async () =>
        {
            await Task.Yield();
            started.Add(pipeline.EncodePromptAsync("awaited"));
        }).WaitAsync(_patience);

        await Task.WhenAll(started).WaitAsync(_patience);
        Assert.True(started.Count >= 3, $"only {started.Count} were started");
    }

    [Fact]
    public async Task A_call_from_what_follows_an_awaited_call_is_no_call_from_inside()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();

        await Task.Run(() => pipeline.EncodePromptAsync("a").ContinueWith(
            _ => pipeline.EncodePromptAsync("b").Wait(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)).WaitAsync(_patience);

        await pipeline.EncodePromptAsync("c");
    }

    [Fact]
    public async Task A_load_in_the_middle_of_a_call_is_inside_of_it()
    {
        ChromaPipeline pipeline = await TinyModel.LoadAsync(TinyModel.Options with { Memory = MemoryMode.OneAtATime });
        List<GenerationStage> seen = [];
        Exception? refusal = null;
        ImmediateProgress<GenerationProgress> progress = new(report =>
        {
            seen.Add(report.Stage);
            if (report.Stage == GenerationStage.LoadingTextEncoder)
            {
                refusal ??= Record.Exception(() => pipeline.TextEncoder);
            }
            else if (report.Stage == GenerationStage.LoadingTransformer)
            {
                pipeline.Dispose();
            }
        });

        await Assert.ThrowsAsync<ObjectDisposedException>(() => pipeline.GenerateAsync("a", TinyModel.Quick, progress).WaitAsync(_patience));

        Assert.IsType<InvalidOperationException>(refusal);
        Assert.Equal(GenerationStage.LoadingTransformer, seen[^1]);
    }

    [Fact]
    public async Task A_pipeline_may_call_another_from_inside()
    {
        using ChromaPipeline outer = await TinyModel.LoadAsync();
        using ChromaPipeline inner = await TinyModel.LoadAsync();
        int calls = 0;

        await CallAsync(outer, "sampler", () =>
        {
            inner.EncodePromptAsync("a").Wait();
            calls++;
        }).WaitAsync(_patience);

        Assert.Equal(1, calls);
    }

    /// <summary>Draws, and does something inside, in one of the <see cref="Places"/>.</summary>
    private static async Task<IReadOnlyList<ChromaImage>> CallAsync(ChromaPipeline pipeline, string place, Action inside)
    {
        GenerationOptions options = TinyModel.Quick;
        ImmediateProgress<GenerationProgress>? progress = null;
        TapSession? tap = null;
        bool done = false;
        switch (place)
        {
            case "progress":
                progress = new(report => Do(report is { Stage: GenerationStage.Denoising, Step: 1 }));
                break;
            case "tap":
                tap = pipeline.Transformer.Tap("double_blocks.0.img", (_, _) => Do(true));
                break;
            case "sampler":
                options = options with { Sampler = new UserSampler(run => { Do(true); Samplers.BuiltIn.Create("euler").Sample(run); }) };
                break;
            case "step":
                options = options with { Sampler = new UserSampler(run => Samplers.BuiltIn.Create("euler").Sample(new SamplerRun(run.X, run.Sigmas, run.Evaluate) { OnStep = _ => Do(true) })) };
                break;
            case "scheduler":
                options = options with { Scheduler = new UserScheduler(steps => { Do(true); return Schedulers.Get("simple").GetSigmas(steps); }) };
                break;
            case "noise":
                options = options with { Noise = seed => { Do(true); return new TorchNoise((long)seed); } };
                break;
            case "sampler's noise":
                options = options with
                {
                    Sampler = Samplers.BuiltIn.Create("euler_ancestral"),
                    Noise = seed => new UserNoise(to => { Do(true); new TorchNoise((long)seed).Fill(to); }),
                };
                break;
            default:
                throw new ArgumentException(place);
        }

        void Do(bool now)
        {
            if (now && !done)
            {
                done = true;
                inside();
            }
        }

        using (tap)
        {
            return await pipeline.GenerateAsync("a", options, progress);
        }
    }
}
