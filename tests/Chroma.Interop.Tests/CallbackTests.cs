using System.Collections.Concurrent;
using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Chroma.Interop.Tests;

public sealed class CallbackTests(EngineFixture fixture)
{
    private readonly TransformerCase _case = new();

    [Fact]
    public void Progress_counts_every_block()
    {
        using Transformer transformer = TinyModels.LoadTransformer(fixture.Engine);
        List<BlockProgress> seen = [];

        _case.Run(transformer, new RunOptions { Progress = new ImmediateProgress<BlockProgress>(seen.Add) });

        Assert.NotEmpty(seen);
        int total = seen[^1].BlocksTotal;
        Assert.Equal(Enumerable.Range(1, total).Select(done => new BlockProgress(done, total)), seen);
        Assert.Equal(1, seen[^1].Fraction);
    }

    [Fact]
    public void Loading_tells_how_far_it_is()
    {
        List<LoadProgress> seen = [];

        using Transformer transformer = Transformer.Load(
            fixture.Engine,
            TinyModels.TransformerPath,
            TinyModels.TransformerOptions with { Type = WeightType.F16 },
            new ImmediateProgress<LoadProgress>(seen.Add));

        Assert.NotEmpty(seen);
        Assert.Equal(seen[^1].BytesTotal, seen[^1].BytesDone);
        Assert.Equal(seen.OrderBy(progress => progress.BytesDone), seen);
    }

    [Fact]
    public void What_progress_throws_comes_out_of_the_call_and_the_model_goes_on()
    {
        using Transformer transformer = TinyModels.LoadTransformer(fixture.Engine);
        InvalidOperationException thrown = new("no more");
        int calls = 0;
        RunOptions options = new()
        {
            Progress = new ImmediateProgress<BlockProgress>(_ =>
            {
                calls++;
                throw thrown;
            }),
        };

        Assert.Same(thrown, Assert.Throws<InvalidOperationException>(() => _case.Run(transformer, options)));
        Assert.Equal(1, calls);
        _case.RunAndCheck(transformer);
    }

    [Fact]
    public void What_progress_throws_while_loading_comes_out_of_the_call()
    {
        InvalidOperationException thrown = new("no more");

        Assert.Same(thrown, Assert.Throws<InvalidOperationException>(() => Transformer.Load(
            fixture.Engine,
            TinyModels.TransformerPath,
            TinyModels.TransformerOptions with { Type = WeightType.F16 },
            new ImmediateProgress<LoadProgress>(_ => throw thrown))));
    }

    [Fact]
    public void What_a_tap_throws_comes_out_of_the_call_and_the_model_goes_on()
    {
        using Transformer transformer = TinyModels.LoadTransformer(fixture.Engine);
        InvalidOperationException thrown = new("seen enough");

        using (transformer.Tap("double_blocks.0.img", (_, _) => throw thrown))
        {
            Assert.Same(thrown, Assert.Throws<InvalidOperationException>(() => _case.Run(transformer)));
        }

        _case.RunAndCheck(transformer);
    }

    [Fact]
    public void A_callback_cannot_call_the_model_that_calls_it()
    {
        using Transformer transformer = TinyModels.LoadTransformer(fixture.Engine);
        using TapSession tap = transformer.Tap("img_in", (_, _) => _ = transformer.Memory);

        Assert.Contains("callback", Assert.Throws<InvalidOperationException>(() => _case.Run(transformer)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_callback_can_call_another_model()
    {
        using Transformer transformer = TinyModels.LoadTransformer(fixture.Engine);
        using Transformer other = TinyModels.LoadTransformer(fixture.Engine);
        using TapSession tap = transformer.Tap("double_blocks.0.img", (_, _) => _case.RunAndCheck(other));

        _case.RunAndCheck(transformer);
    }

    [Fact]
    public void A_token_that_is_cancelled_already_stops_before_the_first_block()
    {
        using Transformer transformer = TinyModels.LoadTransformer(fixture.Engine);
        using TapSession taps = transformer.Tap("*");
        CancellationToken token = new(canceled: true);

        OperationCanceledException error = Assert.ThrowsAny<OperationCanceledException>(
            () => _case.Run(transformer, new RunOptions { CancellationToken = token }));

        Assert.Equal(token, error.CancellationToken);
        Assert.Equal(0, taps.Count);
    }

    [Fact]
    public void Cancelling_stops_within_a_block()
    {
        using Transformer transformer = TinyModels.LoadTransformer(fixture.Engine);
        using CancellationTokenSource source = new();
        int blocks = 0;
        RunOptions options = new()
        {
            CancellationToken = source.Token,
            Progress = new ImmediateProgress<BlockProgress>(_ =>
            {
                blocks++;
                Task.Run(source.Cancel).Wait(); // from another thread, as users do
            }),
        };

        OperationCanceledException error = Assert.ThrowsAny<OperationCanceledException>(() => _case.Run(transformer, options));

        Assert.Equal(source.Token, error.CancellationToken);
        Assert.Equal(1, blocks);
        _case.RunAndCheck(transformer);
    }

    [Fact]
    public async Task Cancelling_reaches_a_computation_that_has_no_block_to_end()
    {
        using Transformer transformer = TinyModels.LoadTransformer(fixture.Engine);
        using CancellationTokenSource source = new();
        FloatTensor latent = new(1, 16, 256, 256);
        FloatTensor context = new(1, 4, 40);
        using ManualResetEventSlim begun = new();

        // A thread of its own: the pool's may all be busy with other tests.
        Thread canceller = new(() =>
        {
            begun.Wait();
            Thread.Sleep(5);
            source.Cancel();
        });
        canceller.Start();

        // The longest operation of the block, attention over 16,388 tokens, comes next. Cancel in the midst of what follows.
        using TapSession taps = transformer.Tap("double_blocks.0.img_attn.qkv", (_, _) => begun.Set());
        List<BlockProgress> seen = [];
        RunOptions options = new() { CancellationToken = source.Token, Progress = new ImmediateProgress<BlockProgress>(seen.Add) };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Run(() => transformer.Forward(latent, [0.5f], context, null, options)));

        canceller.Join();
        Assert.True(seen.Count < 5, $"{seen.Count} blocks were computed after the cancellation in the first.");
    }

    [Fact]
    public async Task Loading_can_be_cancelled()
    {
        using CancellationTokenSource source = new();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Transformer.LoadAsync(
            fixture.Engine,
            TinyModels.TransformerPath,
            TinyModels.TransformerOptions with { Type = WeightType.F16 },
            new ImmediateProgress<LoadProgress>(_ => source.Cancel()),
            source.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Transformer.LoadAsync(
            fixture.Engine, TinyModels.TransformerPath, TinyModels.TransformerOptions, null, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void A_logger_that_throws_harms_nobody()
    {
        using ThrowingLoggerFactory factory = new();
        using ChromaEngine engine = new(new ChromaEngineOptions { Device = "cpu", LoggerFactory = factory });
        using Transformer transformer = TinyModels.LoadTransformer(engine);

        _case.RunAndCheck(transformer);

        Assert.Equal(["Chroma.Native"], factory.Categories);
    }

    private sealed class ThrowingLoggerFactory : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<string> Categories { get; } = new();

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName)
        {
            Categories.Enqueue(categoryName);
            return this;
        }

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new InvalidOperationException("The disk is full.");
    }
}
