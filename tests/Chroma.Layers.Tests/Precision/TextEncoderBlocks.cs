using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;

namespace Chroma.Layers.Tests.Precision;

/// <summary>
/// One prompt through a text encoder in float32, to compare with. A block alone is a checkpoint in which only that block has the other type, so
/// that what it is given is exact.
/// </summary>
internal sealed class TextEncoderBlocks : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Layers _exact = new("*");
    private readonly string _name;
    private readonly string _path;
    private readonly int[,] _ids;
    private readonly string[] _blocks;
    private readonly FloatTensor _states;

    public TextEncoderBlocks(string name, ChromaEngine engine, string path, int[,] ids)
    {
        (_name, _path, _ids) = (name, path, ids);
        using TextEncoder exact = TextEncoder.Load(engine, path, new ModelLoadOptions { Type = WeightType.F32 });
        _blocks = [.. Enumerable.Range(0, exact.Info.Layers).Select(block => $"encoder.block.{block}")];
        _states = exact.Encode(ids, options: _exact.Options);
    }

    /// <summary>Runs the blocks, each alone and all together.</summary>
    public async Task<BlockReport> RunAsync(ChromaEngine engine, WeightType type)
    {
        BlockReport report = new(_name);
        RunTogether(engine, type, report.Together);
        await RunAloneAsync(engine, type, report);
        return report;
    }

    public void Dispose() => _folder.Dispose();

    private async Task RunAloneAsync(ChromaEngine engine, WeightType type, BlockReport report)
    {
        string converted = _folder.File("converted.gguf");
        await WeightsFile.QuantizeAsync(_path, converted, new QuantizeOptions { Type = type });
        FloatTensor input = _exact["shared"];
        foreach (string block in _blocks)
        {
            Layers layers = new(block);
            using (TextEncoder encoder = TextEncoder.Load(engine, Mix(converted, block)))
            {
                _ = encoder.Encode(_ids, options: layers.Options);
            }

            report.Alone.Add(block, layers[block], _exact[block]);
            report.Change.AddChange(block, layers[block], _exact[block], input);
            input = _exact[block];
        }
    }

    private void RunTogether(ChromaEngine engine, WeightType type, BlockErrors errors)
    {
        Layers layers = new(_blocks);
        using TextEncoder encoder = TextEncoder.Load(engine, _path, new ModelLoadOptions { Type = type });

        _ = encoder.Encode(_ids, options: layers.Options);

        Array.ForEach(_blocks, block => errors.Add(block, layers[block], _exact[block]));
        errors.Add("states", encoder.Encode(_ids), _states);
    }

    // The tensors of one block as the converted file has them, and all others in float32.
    private string Mix(string convertedPath, string block)
    {
        using WeightsFile exact = WeightsFile.Open(_path), converted = WeightsFile.Open(convertedPath);
        GgufWriter writer = new();
        foreach (MetadataEntry entry in converted.Metadata.Values.Where(entry => entry.Key.StartsWith("chroma.int8.", StringComparison.Ordinal)))
        {
            writer.Add(entry.Key, (uint)entry.AsInteger());
        }

        foreach (WeightsTensor tensor in converted.Tensors)
        {
            int[] shape = [.. tensor.Shape.Select(length => (int)length)];
            if (tensor.Name.StartsWith(block + ".", StringComparison.Ordinal))
            {
                writer.AddTensor(tensor.Name, GgmlTypeOf(tensor.Type), converted.ReadBytes(tensor.Name), shape);
            }
            else if (!tensor.IsScale)
            {
                writer.AddTensor(tensor.Name, exact.Read(tensor.Name).Span.ToArray(), shape);
            }
        }

        return _folder.Write($"{block}.gguf", writer.ToArray());
    }

    // The numbers of ggml's types, as GGUF has them.
    private static uint GgmlTypeOf(WeightType type) => type switch
    {
        WeightType.F32 => GgufWriter.F32,
        WeightType.F16 => 1,
        WeightType.Q8_0 => 8,
        WeightType.Int8 => 24,
        WeightType.BF16 => 30,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "This test knows no number for the type."),
    };
}
