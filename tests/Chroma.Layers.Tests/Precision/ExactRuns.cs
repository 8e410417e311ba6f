using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;

namespace Chroma.Layers.Tests.Precision;

/// <summary>chroma-nano and the tiny models in float32, run once for all tests that compare with them.</summary>
public sealed class ExactRuns : IDisposable
{
    private readonly ChromaEngine _engine = Open(CpuKernels.Auto);
    private readonly Lazy<TransformerBlocks[]> _transformers;
    private readonly Lazy<TextEncoderBlocks[]> _textEncoders;
    private readonly Lazy<DecoderBlocks[]> _decoders;

    public ExactRuns()
    {
        _transformers = new(() =>
        [
            .. NanoInputs.Samples(_engine).Select(sample => new TransformerBlocks("chroma-nano", _engine, NanoInputs.TransformerPath, null, sample)),
            new("tiny", _engine, StoredModels.TransformerPath, StoredModels.Axes, Stored("layers/transformer.inputs")),
            new("tiny of other sizes", _engine, Golden.PathOf("layers/transformer_other.weights.safetensors"), new RopeAxes(4, 6, 6), Stored("layers/transformer_other.inputs")),
        ]);
        _textEncoders = new(() =>
        [
            new("chroma-nano", _engine, NanoInputs.TextEncoderPath, NanoInputs.Ids()),
            new("tiny", _engine, StoredModels.TextEncoderPath, Golden.Floats("layers/text_encoder.inputs", "input_ids").ToIds()),
        ]);
        _decoders = new(() =>
        [
            new("chroma-nano", _engine, NanoInputs.AutoencoderPath, NanoInputs.PictureLatent(_engine, side: 32)),
            new("tiny", _engine, StoredModels.AutoencoderPath, Golden.Floats("layers/autoencoder_decoder.inputs", "latent")),
        ]);
    }

    /// <summary>Whether the native library has oneDNN.</summary>
    public bool HasOneDnn => _engine.Description.Contains("oneDNN", StringComparison.Ordinal);

    internal IReadOnlyList<TransformerBlocks> Transformers => _transformers.Value;

    internal IReadOnlyList<TextEncoderBlocks> TextEncoders => _textEncoders.Value;

    internal IReadOnlyList<DecoderBlocks> Decoders => _decoders.Value;

    /// <summary>An engine of one thread, which is enough for models this small.</summary>
    public static ChromaEngine Open(CpuKernels kernels) => new(new ChromaEngineOptions { Device = "cpu", Threads = 1, Kernels = kernels });

    public void Dispose()
    {
        if (_textEncoders.IsValueCreated)
        {
            Array.ForEach(_textEncoders.Value, run => run.Dispose());
        }

        if (_decoders.IsValueCreated)
        {
            Array.ForEach(_decoders.Value, run => run.Dispose());
        }

        _engine.Dispose();
    }

    // The first sample of a stored case, without a mask.
    private static TransformerSample Stored(string name)
    {
        using SafetensorsFile inputs = Golden.Open(name);
        return new(inputs.ReadFloats("latent").Slice(0, 0, 1), inputs.ReadFloats("context").Slice(0, 0, 1), inputs.ReadFloats("timestep").Span[0]);
    }
}
