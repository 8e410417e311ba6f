using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Interop.Tests;

/// <summary>Disposing, from inside a call, what the call uses: it returns, the call ends, and nothing after it works.</summary>
public sealed class DisposeInsideTests(EngineFixture fixture)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly TransformerCase _case = new();

    [Fact]
    public async Task A_transformer_from_its_tap_and_from_its_progress()
    {
        foreach (bool tap in new[] { true, false })
        {
            Transformer transformer = TinyModels.LoadTransformer(fixture.Engine);
            RunOptions options = tap
                ? new() { Taps = [new LayerTap(["double_blocks.0.img"], (_, _) => transformer.Dispose())] }
                : new() { Progress = new ImmediateProgress<BlockProgress>(_ => transformer.Dispose()) };

            await Task.Run(() => _case.Run(transformer, options)).WaitAsync(_patience);

            Assert.Throws<ObjectDisposedException>(() => _case.Run(transformer));
        }
    }

    [Fact]
    public async Task A_text_encoder_and_an_autoencoder_from_their_progress()
    {
        TextEncoder encoder = TextEncoder.Load(fixture.Engine, TinyModels.TextEncoderPath);
        await Task.Run(() => encoder.Encode(new[,] { { 5, 1 } }, options: new() { Progress = new ImmediateProgress<BlockProgress>(_ => encoder.Dispose()) })).WaitAsync(_patience);
        Assert.Throws<ObjectDisposedException>(() => encoder.Encode(new[,] { { 5, 1 } }));

        Autoencoder autoencoder = Autoencoder.Load(fixture.Engine, TinyModels.AutoencoderPath);
        await Task.Run(() => autoencoder.Decode(new(1, 16, 2, 2), options: new() { Progress = new ImmediateProgress<BlockProgress>(_ => autoencoder.Dispose()) })).WaitAsync(_patience);
        Assert.Throws<ObjectDisposedException>(() => autoencoder.Decode(new(1, 16, 2, 2)));
    }

    [Fact]
    public async Task An_engine_and_an_open_checkpoint_from_a_load()
    {
        ChromaEngine engine = new(new ChromaEngineOptions { Device = "cpu" });
        WeightsFile weights = WeightsFile.Open(TinyModels.TransformerPath);
        ImmediateProgress<LoadProgress> progress = new(_ =>
        {
            engine.Dispose();
            weights.Dispose();
        });

        using Transformer transformer = await Task.Run(
            () => Transformer.Load(engine, weights, TinyModels.TransformerOptions with { Type = WeightType.F16 }, progress)).WaitAsync(_patience);

        Assert.Throws<ObjectDisposedException>(() => weights.Read("img_in.weight"));
        Assert.Throws<ObjectDisposedException>(() => TinyModels.LoadTransformer(engine));
        _case.Run(transformer);
    }

    [Fact]
    public async Task An_engine_from_a_tap_of_one_of_its_models()
    {
        ChromaEngine engine = new(new ChromaEngineOptions { Device = "cpu" });
        using Transformer transformer = TinyModels.LoadTransformer(engine);
        RunOptions options = new() { Taps = [new LayerTap(["img_in"], (_, _) => engine.Dispose())] };

        FloatTensor velocity = await Task.Run(() => _case.Run(transformer, options)).WaitAsync(_patience);

        Agree.WithinAbsolute(velocity, TransformerCase.Expected("velocity"), TransformerCase.Tolerance, "velocity");
    }

    [Fact]
    public async Task A_step_cache_from_the_run_that_uses_it()
    {
        using Transformer transformer = TinyModels.LoadTransformer(fixture.Engine);
        StepCache cache = new(0.1f);
        RunOptions options = new() { StepCache = cache, Progress = new ImmediateProgress<BlockProgress>(_ => cache.Dispose()) };

        await Task.Run(() => _case.Run(transformer, options)).WaitAsync(_patience);

        Assert.Throws<ObjectDisposedException>(() => cache.Bytes);
    }

    [Fact]
    public async Task A_call_of_a_model_that_its_own_callback_waits_for_on_another_thread_is_refused()
    {
        using Transformer transformer = TinyModels.LoadTransformer(fixture.Engine);
        RunOptions options = new() { Taps = [new LayerTap(["img_in"], (_, _) => Task.Run(() => _case.Run(transformer)).GetAwaiter().GetResult())] };

        await Assert.ThrowsAsync<InvalidOperationException>(() => Task.Run(() => _case.Run(transformer, options)).WaitAsync(_patience));

        _case.RunAndCheck(transformer);
    }
}
