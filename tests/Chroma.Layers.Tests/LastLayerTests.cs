using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>LastLayer: norm, modulation, and the channels of a patch.</summary>
public class LastLayerTests(StoredModels models)
{
    private const string Module = "final_layer";

    [Fact]
    public void It_can_be_worked_out_by_hand()
    {
        using DummyWeights weights = DummyWeights.Transformer();
        weights.SetAt("final_layer.linear.weight", [0, 0], 1).SetAt("final_layer.linear.weight", [0, 1], 4);
        weights.SetAt("final_layer.linear.weight", [63, 1], 2).SetAt("final_layer.linear.bias", [5], 7);
        using Transformer transformer = weights.LoadTransformer(models.Engine);

        // norm (-1, 1); times (1 + 1, 1 - 0.5) plus (1, 0): (-1, 0.5). Channel 0: -1 + 4 x 0.5 = 1; 63: 2 x 0.5 = 1; 5: the bias.
        FloatTensor output = transformer.Run(Module, ("x", Named.Tokens([1, 3])), ("modulation", Named.Tokens([1, 0], [1, -0.5f])));

        FloatTensor expected = new(1, 1, 64);
        (expected.Span[0], expected.Span[5], expected.Span[63]) = (1, 7, 1);
        Agree.RelativeOfMax(output, expected, Tolerances.ByHand, "output");
    }

    [Fact]
    public void It_agrees_with_the_stored_one()
    {
        using StoredCase stored = new("03_last_layer", Tolerances.LastLayer);
        FloatTensor modulation = Named.Concat(1, stored.Input("shift"), stored.Input("scale"));

        stored.Compare("out", models.Transformer.Run(Module, ("x", stored.Input("x")), ("modulation", modulation)));
        stored.AssertEveryTensorWasUsed();
    }
}
