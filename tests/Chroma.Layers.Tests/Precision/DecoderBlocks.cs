using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;

namespace Chroma.Layers.Tests.Precision;

/// <summary>
/// One latent through an autoencoder's decoder in float32, to compare with. Whoever listens to layers is shown ggml's convolutions, and oneDNN's are
/// to be tested too. So a block alone is a decoder in which all other blocks do nothing: its picture has the errors of this block and of what is
/// no block, which are the first convolution, those that double the size, and the last layers.
/// </summary>
internal sealed class DecoderBlocks : IDisposable
{
    // What a block adds to its input comes out of this layer.
    private static readonly string[] _lastLayers = [".conv2", ".proj_out"];

    private readonly TemporaryFolder _folder = new();
    private readonly OrderedDictionary<string, FloatTensor> _tensors = new(StringComparer.Ordinal);
    private readonly Layers _exact = new("decoder.*");
    private readonly string _name;
    private readonly string _path;
    private readonly FloatTensor _latent;
    private readonly FloatTensor _picture;
    private readonly string[] _blocks;

    public DecoderBlocks(string name, ChromaEngine engine, string path, FloatTensor latent)
    {
        (_name, _path, _latent) = (name, path, latent);
        using (WeightsFile file = WeightsFile.Open(path))
        {
            foreach (WeightsTensor tensor in file.Tensors.Where(tensor => tensor.CanonicalName.StartsWith("decoder.", StringComparison.Ordinal)))
            {
                _tensors.Add(tensor.CanonicalName, file.Read(tensor.Name));
            }
        }

        _blocks = [.. BlocksOf(_tensors.Keys)];
        using Autoencoder exact = Load(engine, path, WeightType.F32);
        _picture = exact.Decode(latent, options: _exact.Options);
    }

    /// <summary>Runs the blocks.</summary>
    public BlockReport Run(ChromaEngine engine, WeightType type)
    {
        BlockReport report = new(_name);
        RunAlone(engine, type, report.Alone);
        RunTogether(engine, type, report.Together);
        return report;
    }

    public void Dispose() => _folder.Dispose();

    private void RunAlone(ChromaEngine engine, WeightType type, BlockErrors errors)
    {
        foreach (string block in _blocks)
        {
            string path = _folder.File($"{block}.safetensors");
            SafetensorsWriter.Save(path, _tensors.ToDictionary(entry => entry.Key, entry => DoesNothing(entry.Key, block) ? new FloatTensor(entry.Value.Shape) : entry.Value));
            using Autoencoder exact = Load(engine, path, WeightType.F32), converted = Load(engine, path, type);
            errors.Add(block, converted.Decode(_latent), exact.Decode(_latent));
        }
    }

    private void RunTogether(ChromaEngine engine, WeightType type, BlockErrors errors)
    {
        string[] shown = ["decoder.conv_in", .. _blocks, "decoder.conv_out"];
        Layers layers = new(shown);
        using Autoencoder autoencoder = Load(engine, _path, type);

        _ = autoencoder.Decode(_latent, options: layers.Options);

        Array.ForEach(shown, layer => errors.Add(layer, layers[layer], _exact[layer]));
        errors.Add("picture", autoencoder.Decode(_latent), _picture);
    }

    private static Autoencoder Load(ChromaEngine engine, string path, WeightType type) => Autoencoder.Load(engine, path, new ModelLoadOptions { Type = type });

    private static IEnumerable<string> BlocksOf(IEnumerable<string> tensors) =>
        from tensor in tensors
        from layer in _lastLayers
        where tensor.EndsWith(layer + ".weight", StringComparison.Ordinal)
        select tensor[..^(layer.Length + ".weight".Length)];

    private static bool DoesNothing(string tensor, string live) =>
        !tensor.StartsWith(live + ".", StringComparison.Ordinal) && _lastLayers.Any(layer => tensor.Contains(layer + ".", StringComparison.Ordinal));
}
