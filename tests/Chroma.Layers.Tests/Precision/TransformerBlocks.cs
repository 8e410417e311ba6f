using Chroma.Models;
using Chroma.Tensors;

namespace Chroma.Layers.Tests.Precision;

/// <summary>
/// One forward pass of a transformer in float32, whose layers say what each block is given: the same weights in another type run the blocks
/// on that, each alone, or all of them one after the other.
/// </summary>
internal sealed class TransformerBlocks
{
    private readonly string _name;
    private readonly string _path;
    private readonly RopeAxes? _axes;
    private readonly TransformerInfo _info;
    private readonly TransformerSample _sample;
    private readonly Layers _exact = new("*");
    private readonly FloatTensor _velocity;
    private readonly IReadOnlyDictionary<string, FloatTensor> _packed;
    private readonly FloatTensor _approximatorInput;

    public TransformerBlocks(string name, ChromaEngine engine, string path, RopeAxes? axes, TransformerSample sample)
    {
        (_name, _path, _axes, _sample) = (name, path, axes, sample);
        using Transformer exact = Load(engine, WeightType.F32);
        _info = exact.Info;
        _velocity = Forward(exact, _exact);
        _packed = engine.RunFunction("pack_latent", Named.Tensors(("latent", sample.Latent)));
        _approximatorInput = engine.RunFunction(
            "approximator_input", Named.Tensors(("t", Named.Vector(sample.Time)), ("rows", Named.Vector(_info.ModulationRows)))).Values.Single();
    }

    private IEnumerable<string> Doubles => Enumerable.Range(0, _info.DoubleBlocks).Select(i => $"double_blocks.{i}");

    private IEnumerable<string> Singles => Enumerable.Range(0, _info.SingleBlocks).Select(i => $"single_blocks.{i}");

    /// <summary>Runs the blocks.</summary>
    public BlockReport Run(ChromaEngine engine, WeightType type)
    {
        BlockReport report = new(_name);
        using Transformer transformer = Load(engine, type);
        RunAlone(transformer, report);
        RunTogether(transformer, report.Together);
        return report;
    }

    private void RunAlone(Transformer transformer, BlockReport report)
    {
        FloatTensor table = _exact["distilled_guidance_layer"];
        int text = _sample.Context.Shape[1], image = _packed["ids"].Shape[1], singleRows = 3 * _info.SingleBlocks, imageRows = 6 * _info.DoubleBlocks;
        FloatTensor ids = Named.Concat(0, new FloatTensor(text, 3), _packed["ids"].Reshape(image, 3));

        Run("img_in", ("x", _packed["tokens"]));
        Run("txt_in", ("x", _sample.Context));
        Run("distilled_guidance_layer", ("x", _approximatorInput));
        FloatTensor img = _exact["img_in"], txt = _exact["txt_in"];
        int row = 0;
        foreach (string block in Doubles)
        {
            FloatTensor modulation = Named.Concat(1, table.Slice(1, singleRows + row, 6), table.Slice(1, singleRows + imageRows + row, 6));
            IReadOnlyDictionary<string, FloatTensor> streams = transformer.RunModule(
                block, Named.Tensors(("img", img), ("txt", txt), ("modulation", modulation), ("ids", ids)));
            img = Compare($"{block}.img", streams["img"], img);
            txt = Compare($"{block}.txt", streams["txt"], txt);
            row += 6;
        }

        FloatTensor x = Named.Concat(1, txt, img);
        row = 0;
        foreach (string block in Singles)
        {
            x = Compare(block, transformer.Run(block, ("x", x), ("modulation", table.Slice(1, row, 3)), ("ids", ids)), x);
            row += 3;
        }

        Run("final_layer", ("x", x.Slice(1, text, image)), ("modulation", table.Slice(1, _info.ModulationRows - 2, 2)));

        void Run(string block, params (string Name, FloatTensor Tensor)[] inputs) => report.Alone.Add(block, transformer.Run(block, inputs), _exact[block]);

        FloatTensor Compare(string block, FloatTensor actual, FloatTensor input)
        {
            FloatTensor expected = _exact[block];
            report.Alone.Add(block, actual, expected);
            report.Change.AddChange(block, actual, expected, input);
            return expected;
        }
    }

    private void RunTogether(Transformer transformer, BlockErrors errors)
    {
        string[] blocks =
        [
            "img_in", "txt_in", "distilled_guidance_layer", .. Doubles.SelectMany(block => new[] { $"{block}.img", $"{block}.txt" }), .. Singles, "final_layer",
        ];
        Layers layers = new(blocks);

        _ = Forward(transformer, layers);

        Array.ForEach(blocks, block => errors.Add(block, layers[block], _exact[block]));
        errors.Add("velocity", Forward(transformer), _velocity);
    }

    private Transformer Load(ChromaEngine engine, WeightType type) => Transformer.Load(engine, _path, new ModelLoadOptions { Type = type, RopeAxes = _axes });

    private FloatTensor Forward(Transformer transformer, Layers? layers = null) =>
        transformer.Forward(_sample.Latent, [_sample.Time], _sample.Context, null, layers?.Options);
}

/// <summary>What a transformer is given: [1, 16, H, W], [1, T, C] and the share of noise.</summary>
internal sealed record TransformerSample(FloatTensor Latent, FloatTensor Context, float Time);
