using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>Single stream blocks: text and image as one stream, attention and MLP side by side.</summary>
public class SingleStreamBlockTests(StoredModels models)
{
    [Fact]
    public void It_can_be_worked_out_by_hand()
    {
        const string Block = "single_blocks.0";
        using DummyWeights weights = DummyWeights.Transformer();
        weights.Set($"{Block}.linear1.weight", [
            0, 0, 0, 0, // q
            0, 0, 0, 0, // k
            1, 0, 0, 1, // v
            0, 1, 0.5f, 0, // MLP
        ]);
        weights.Set($"{Block}.linear2.weight", 1, 0, 1, 0, 0, 1, 0, 1);
        using Transformer transformer = weights.LoadTransformer(models.Engine);

        FloatTensor output = transformer.Run(
            Block,
            ("x", Named.Tokens([1, 3])),
            ("modulation", Named.Tokens([0, 0], [1, 1], [0.5f, 0.5f])), // shift, scale, gate
            ("ids", new FloatTensor(1, 3)));

        // norm (-1, 1), times 1 + 1: (-2, 2), which is also what the one token attends to. MLP (2, -1), GELU (1.954598, -0.158808).
        // linear2 adds the two: (-0.045402, 1.841192); half of it is added.
        Agree.RelativeOfMax(output, Named.Tokens([0.9772988f, 3.9205954f]), Tolerances.ByHand, "output");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Each_block_alone_agrees_with_the_stored_one_at_every_time(int block)
    {
        using StoredCase stored = new(StoredTransformerRun.NoMask, Tolerances.Transformer);
        FloatTensor ids = StoredTransformerRun.Ids(stored);
        const string LastDouble = "double1";
        for (int t = 0; t < stored.Input("times").Length; t++)
        {
            FloatTensor x = block == 0
                ? Named.Concat(1, stored.Input($"t{t}.{LastDouble}.txt"), stored.Input($"t{t}.{LastDouble}.img"))
                : stored.Input($"t{t}.single{block - 1}");
            FloatTensor modulation = StoredTransformerRun.SingleModulation(stored.Input($"t{t}.mod_vectors"), block);

            stored.Compare($"t{t}.single{block}", models.Transformer.Run($"single_blocks.{block}", ("x", x), ("modulation", modulation), ("ids", ids)));
        }
    }
}
