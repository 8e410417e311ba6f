using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Interop.Tests;

public sealed class LifetimeTests(EngineFixture fixture)
{
    private readonly TransformerCase _case = new();

    [Fact]
    public void Everything_on_a_disposed_model_throws_and_its_sizes_stay_known()
    {
        Transformer transformer = TinyModels.LoadTransformer(fixture.Engine);
        transformer.Dispose();
        transformer.Dispose();

        Assert.Throws<ObjectDisposedException>(() => _case.Run(transformer));
        Assert.Throws<ObjectDisposedException>(() => transformer.Plan(new LatentSize(1, 4, 4), 3));
        Assert.Throws<ObjectDisposedException>(() => transformer.RunModule("final_layer", new Dictionary<string, FloatTensor>()));
        Assert.Throws<ObjectDisposedException>(() => transformer.Memory);
        Assert.Throws<ObjectDisposedException>(() => transformer.Tap("*"));
        Assert.Throws<ObjectDisposedException>(() => transformer.Tap("*", (_, _) => { }));
        Assert.Throws<ObjectDisposedException>(transformer.Trim);
        Assert.Equal(64, transformer.Info.HiddenSize);
    }

    [Fact]
    public void Everything_on_a_disposed_engine_throws()
    {
        ChromaEngine engine = new(new ChromaEngineOptions { Device = "cpu" });
        engine.Dispose();
        engine.Dispose();

        Assert.Throws<ObjectDisposedException>(() => TinyModels.LoadTransformer(engine));
        Assert.Throws<ObjectDisposedException>(() => engine.RunFunction("gelu", new Dictionary<string, FloatTensor> { ["x"] = new(1) }));
        Assert.NotEmpty(engine.Description);
    }

    [Fact]
    public void Everything_on_a_closed_file_throws_and_what_was_read_stays()
    {
        WeightsFile file = WeightsFile.Open(TinyModels.TransformerPath);
        file.Dispose();

        Assert.Throws<ObjectDisposedException>(() => file.Read("img_in.weight"));
        Assert.Throws<ObjectDisposedException>(() => file.ReadBytes("img_in.weight"));
        Assert.Throws<ObjectDisposedException>(() => file.Find("img_in.weight"));
        Assert.Equal(78, file.Tensors.Count);
    }

    [Fact]
    public void A_model_outlives_the_engine_that_loaded_it()
    {
        ChromaEngine engine = new(new ChromaEngineOptions { Device = "cpu" });
        using Transformer transformer = TinyModels.LoadTransformer(engine);
        engine.Dispose();

        _case.RunAndCheck(transformer);
    }

    [Fact]
    public void A_model_disposed_while_it_runs_ends_its_run_first()
    {
        Transformer transformer = TinyModels.LoadTransformer(fixture.Engine);
        bool disposed = false;
        RunOptions options = new()
        {
            Progress = new ImmediateProgress<BlockProgress>(_ =>
            {
                if (!disposed)
                {
                    Task.Run(transformer.Dispose).Wait();
                    disposed = true;
                }
            }),
        };

        FloatTensor velocity = _case.Run(transformer, options);

        Assert.True(disposed);
        Agree.WithinAbsolute(velocity, TransformerCase.Expected("velocity"), TransformerCase.Tolerance, "velocity");
        Assert.Throws<ObjectDisposedException>(() => _case.Run(transformer));
    }

    [Fact]
    public async Task A_call_that_waits_for_its_turn_on_a_model_disposed_meanwhile_throws()
    {
        Transformer transformer = TinyModels.LoadTransformer(fixture.Engine);
        using ManualResetEventSlim running = new(), proceed = new();
        Task first = Task.Run(() => _case.Run(transformer, Blocking(running, proceed)));
        running.Wait();
        Task second = Task.Run(() => _case.Run(transformer));
        await Task.Delay(50);
        transformer.Dispose();
        proceed.Set();

        await first;
        await Assert.ThrowsAsync<ObjectDisposedException>(() => second);
    }

    [Fact]
    public async Task A_call_that_waits_for_its_turn_can_be_cancelled()
    {
        using Transformer transformer = TinyModels.LoadTransformer(fixture.Engine);
        using ManualResetEventSlim running = new(), proceed = new();
        Task first = Task.Run(() => _case.Run(transformer, Blocking(running, proceed)));
        running.Wait();
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(50));

        OperationCanceledException error = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Task.Run(() => _case.Run(transformer, new RunOptions { CancellationToken = source.Token })));

        Assert.Equal(source.Token, error.CancellationToken);
        Assert.False(first.IsCompleted);
        proceed.Set();
        await first;
    }

    [Fact]
    public async Task Two_models_run_at_the_same_time()
    {
        using Transformer one = TinyModels.LoadTransformer(fixture.Engine);
        using Transformer other = TinyModels.LoadTransformer(fixture.Engine);
        using Barrier both = new(2);
        RunOptions options = new()
        {
            // Each waits in its first block until the other is in its own: if one waited for the other to end, neither would.
            Progress = new ImmediateProgress<BlockProgress>(progress => Assert.True(progress.BlocksDone != 1 || both.SignalAndWait(TimeSpan.FromSeconds(60)))),
        };

        FloatTensor[] results = await Task.WhenAll(Task.Run(() => _case.Run(one, options)), Task.Run(() => _case.Run(other, options)));

        foreach (FloatTensor result in results)
        {
            Agree.WithinAbsolute(result, TransformerCase.Expected("velocity"), TransformerCase.Tolerance, "velocity");
        }
    }

    [Fact]
    public async Task One_model_serves_many_threads()
    {
        using Transformer transformer = TinyModels.LoadTransformer(fixture.Engine);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => _case.RunAndCheck(transformer))));
    }

    [Fact]
    public void A_model_that_nobody_disposed_is_freed_by_the_garbage_collector()
    {
        WeakReference forgotten = Forget();
        for (int i = 0; i < 10 && forgotten.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(forgotten.IsAlive);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        WeakReference Forget() => new(TinyModels.LoadTransformer(new ChromaEngine(new ChromaEngineOptions { Device = "cpu" })));
    }

    private static RunOptions Blocking(ManualResetEventSlim running, ManualResetEventSlim proceed) => new()
    {
        Progress = new ImmediateProgress<BlockProgress>(_ =>
        {
            running.Set();
            proceed.Wait(TimeSpan.FromSeconds(60));
        }),
    };
}
