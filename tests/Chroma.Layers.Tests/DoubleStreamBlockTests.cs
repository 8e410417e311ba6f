using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>Double stream blocks: image and text attend to each other, everything else apart.</summary>
public class DoubleStreamBlockTests(StoredModels models)
{
    [Fact]
    public void It_can_be_worked_out_by_hand()
    {
        const string Block = "double_blocks.0";
        using DummyWeights weights = DummyWeights.Transformer();
        float[] onlyValues = [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1]; // rows of q, k, v: v = x
        weights.Set($"{Block}.img_attn.qkv.weight", onlyValues).Set($"{Block}.txt_attn.qkv.weight", onlyValues);
        weights.Set($"{Block}.img_attn.proj.weight", 1, 0, 0, 1);
        weights.Set($"{Block}.txt_attn.proj.weight", 0, 1, 1, 0).Set($"{Block}.txt_attn.proj.bias", 0, 1);
        weights.Set($"{Block}.img_mlp.0.weight", 1, 0, 0, 1).Set($"{Block}.img_mlp.2.weight", 1, 0, 0, 1);
        using Transformer transformer = weights.LoadTransformer(models.Engine);

        FloatTensor modulation = Named.Tokens(
            [0, 0], [0, 0], [1, 1], [0, 0], [0, 0], [2, 2], // image: shift1, scale1, gate1, shift2, scale2, gate2
            [1, 1], [1, 1], [1, -1], [0, 0], [0, 0], [0, 0]); // text
        IReadOnlyDictionary<string, FloatTensor> output = transformer.RunModule(Block, Named.Tensors(
            ("img", Named.Tokens([1, 3])), ("txt", Named.Tokens([3, 1])), ("modulation", modulation), ("ids", new FloatTensor(2, 3))));

        // Image: norm (-1, 1), its value as well. Text: norm (1, -1), times 1 + 1 plus 1: value (3, -1).
        // Queries are 0, so all scores are equal: both see the mean (1, 0).
        // Image: (1, 3) + (1, 0) = (2, 3); norm (-1, 1) but for the epsilon; GELU (-0.158808, 0.841190), twice that is added.
        // Text: swapped, bias added: (0, 2); gated by (1, -1): (3, 1) + (0, -2).
        Agree.RelativeOfMax(output["img"], Named.Tokens([1.6823842f, 4.6823796f]), Tolerances.ByHand, "img");
        Agree.RelativeOfMax(output["txt"], Named.Tokens([3, -1]), Tolerances.ByHand, "txt");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Each_block_alone_agrees_with_the_stored_one_at_every_time(int block)
    {
        using StoredCase stored = new(StoredTransformerRun.NoMask, Tolerances.Transformer);
        FloatTensor ids = StoredTransformerRun.Ids(stored);
        for (int t = 0; t < stored.Input("times").Length; t++)
        {
            (string img, string txt) = block == 0 ? ($"t{t}.img_in", $"t{t}.txt_in") : ($"t{t}.double{block - 1}.img", $"t{t}.double{block - 1}.txt");
            FloatTensor modulation = StoredTransformerRun.DoubleModulation(stored.Input($"t{t}.mod_vectors"), block);

            IReadOnlyDictionary<string, FloatTensor> output = models.Transformer.RunModule($"double_blocks.{block}", Named.Tensors(
                ("img", stored.Input(img)), ("txt", stored.Input(txt)), ("modulation", modulation), ("ids", ids)));

            stored.Compare($"t{t}.double{block}.img", output["img"]);
            stored.Compare($"t{t}.double{block}.txt", output["txt"]);
        }
    }
}
