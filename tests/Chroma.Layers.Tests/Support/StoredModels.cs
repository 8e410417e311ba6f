using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(Chroma.Layers.Tests.StoredModels))]

namespace Chroma.Layers.Tests;

/// <summary>
/// The engine, and the tiny random models of tests/golden/open on it, each loaded once when a test first asks for it. All tests share them,
/// at the same time: taps belong to single runs.
/// </summary>
public sealed class StoredModels : IDisposable
{
    private readonly Lazy<Transformer> _transformer;
    private readonly Lazy<TextEncoder> _textEncoder;
    private readonly Lazy<Autoencoder> _autoencoder;

    /// <summary>
    /// Opens the processor, where results do not depend on the machine's other devices. One thread: for models this small, waiting for a
    /// second one takes longer than the work.
    /// </summary>
    public StoredModels()
    {
        Engine = new ChromaEngine(new ChromaEngineOptions { Device = "cpu", Threads = 1 });
        _transformer = new(() => Transformer.Load(Engine, TransformerPath, new ModelLoadOptions { RopeAxes = Axes }));
        _textEncoder = new(() => TextEncoder.Load(Engine, TextEncoderPath));
        _autoencoder = new(() => Autoencoder.Load(Engine, AutoencoderPath));
    }

    /// <summary>The rope axes of the stored transformer, which its file does not say.</summary>
    public static RopeAxes Axes { get; } = new(8, 12, 12);

    public static string TransformerPath => Golden.PathOf("open/chroma.safetensors");

    public static string TextEncoderPath => Golden.PathOf("open/t5.safetensors");

    public static string AutoencoderPath => Golden.PathOf("open/ae.safetensors");

    public ChromaEngine Engine { get; }

    /// <summary>Width 64, 2 heads of 32, 2 double and 3 single blocks, context of 40 channels.</summary>
    public Transformer Transformer => _transformer.Value;

    /// <summary>Width 40, 4 heads of 8, 2 blocks, 512 pieces.</summary>
    public TextEncoder TextEncoder => _textEncoder.Value;

    /// <summary>32, 32, 64, 64 channels, 1 block per level.</summary>
    public Autoencoder Autoencoder => _autoencoder.Value;

    /// <summary>Runs a function without weights that has one output.</summary>
    internal FloatTensor Function(string function, params (string Name, FloatTensor Tensor)[] inputs) =>
        Engine.RunFunction(function, Named.Tensors(inputs)).Values.Single();

    /// <summary>A latent [B, 16, H, W] from its tokens [B, L, 64].</summary>
    internal FloatTensor Unpack(FloatTensor tokens, int height, int width) =>
        Function("unpack_latent", ("tokens", tokens), ("height", Named.Vector(height)), ("width", Named.Vector(width)));

    /// <summary>The tokens [B, L, 64] of a latent [B, 16, H, W].</summary>
    internal FloatTensor Pack(FloatTensor latent) => Engine.RunFunction("pack_latent", Named.Tensors(("latent", latent)))["tokens"];

    public void Dispose()
    {
        foreach (ChromaModel? model in new ChromaModel?[]
        {
            _transformer.IsValueCreated ? Transformer : null,
            _textEncoder.IsValueCreated ? TextEncoder : null,
            _autoencoder.IsValueCreated ? Autoencoder : null,
        })
        {
            model?.Dispose();
        }

        Engine.Dispose();
    }
}
