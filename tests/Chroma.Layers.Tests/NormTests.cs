using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>The norms by themselves, above all their epsilon.</summary>
public class NormTests(StoredModels models)
{
    [Fact]
    public void A_layer_norm_can_be_worked_out_by_hand()
    {
        // mean 2, variance 1: -1 / sqrt(1 + 1e-6) and its opposite
        FloatTensor output = models.Function("layer_norm", ("x", Named.Tokens([1, 3])));

        Agree.WithinAbsolute(output, Named.Tokens([-0.9999995f, 0.9999995f]), Tolerances.Norms, "layer_norm");
    }

    [Fact]
    public void A_group_norm_can_be_worked_out_by_hand()
    {
        // 32 channels in 32 groups: each channel by itself. Channel 0 is (1, 3): (-1, 1), then times 2 plus 5. The others are 0 and get their bias.
        FloatTensor x = new(1, 32, 1, 2), scale = new(32), bias = new(32), expected = new(1, 32, 1, 2);
        scale.Span.Fill(1);
        (x.Span[0], x.Span[1], scale.Span[0], bias.Span[0], bias.Span[1]) = (1, 3, 2, 5, 0.5f);
        (expected.Span[0], expected.Span[1], expected.Span[2], expected.Span[3]) = (3.000001f, 6.999999f, 0.5f, 0.5f);

        FloatTensor output = models.Function("group_norm", ("x", x), ("scale", scale), ("bias", bias));

        Agree.WithinAbsolute(output, expected, Tolerances.Norms, "group_norm");
    }

    [Fact]
    public void Every_norm_has_the_right_epsilon()
    {
        using StoredCase stored = new("02_norm_eps", Tolerances.Norms);
        stored.Compare("layernorm.y", models.Function("layer_norm", ("x", stored.Input("layernorm.x"))));

        FloatTensor q = stored.Input("qknorm.x");
        stored.Compare(
            "qknorm.y", models.Transformer.RunModule("double_blocks.0.img_attn.norm", Named.Tensors(("q", q), ("k", q)))["q"]);
        stored.Compare(
            "approximator_norm.y", models.Transformer.Run("distilled_guidance_layer.norms.0", ("x", stored.Input("approximator_norm.x"))));

        FloatTensor Weight(string path, string name)
        {
            using WeightsFile file = WeightsFile.Open(path);
            return file.Read(name);
        }

        stored.Compare("t5_norm.y", models.Function(
            "rms_norm",
            ("x", stored.Input("t5_norm.x")),
            ("scale", Weight(StoredModels.TextEncoderPath, "encoder.final_layer_norm.weight"))));
        stored.Compare("group_norm.y", models.Function(
            "group_norm",
            ("x", stored.Input("group_norm.x")),
            ("scale", Weight(StoredModels.AutoencoderPath, "encoder.down.0.block.0.norm1.weight")),
            ("bias", Weight(StoredModels.AutoencoderPath, "encoder.down.0.block.0.norm1.bias"))));
        stored.AssertEveryTensorWasUsed();
    }
}
