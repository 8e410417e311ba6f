using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>Which rows of the Approximator's table go where (ModulationOut), and what is done with them (modulate, gate).</summary>
public class ModulationTests(StoredModels models)
{
    [Fact]
    public void Modulate_can_be_worked_out_by_hand()
    {
        // (1 + 0.5) 1 + 10 = 11.5; (1 - 1) 2 + 20 = 20
        FloatTensor output = models.Function(
            "modulate", ("x", Named.Tokens([1, 2])), ("shift", Row(10, 20)), ("scale", Row(0.5f, -1)));

        Agree.WithinAbsolute(output, Named.Tokens([11.5f, 20]), 0, "modulate");
    }

    [Fact]
    public void Every_sample_of_a_batch_has_its_own_modulation()
    {
        // Sample 0: 2 x + 1; sample 1: 3 x - 1; two tokens each.
        FloatTensor x = new([1, 2, 3, 4, 1, 2, 3, 4], 2, 2, 2);
        FloatTensor output = models.Function(
            "modulate", ("x", x), ("shift", new FloatTensor([1, 1, -1, -1], 2, 2)), ("scale", new FloatTensor([1, 1, 2, 2], 2, 2)));

        Agree.WithinAbsolute(output, new FloatTensor([3, 5, 7, 9, 2, 5, 8, 11], 2, 2, 2), 0, "modulate");
    }

    [Fact]
    public void Gate_can_be_worked_out_by_hand()
    {
        // 1 + 0.5 x 10 = 6; 2 - 1 x 20 = -18
        FloatTensor output = models.Function(
            "gate", ("x", Named.Tokens([1, 2])), ("y", Named.Tokens([10, 20])), ("gate", Row(0.5f, -1)));

        Agree.WithinAbsolute(output, Named.Tokens([6, -18]), 0, "gate");
    }

    [Fact]
    public void A_table_for_one_block_of_each_kind_can_be_counted_by_hand()
    {
        // 3 rows of the single block, 6 of the image side, 6 of the text side, 2 of the last layer
        Assert.Equal(
            [
                ("single_blocks.0.modulation.lin", [0, 1, 2]),
                ("double_blocks.0.img_mod.lin", [3, 4, 5, 6, 7, 8]),
                ("double_blocks.0.txt_mod.lin", [9, 10, 11, 12, 13, 14]),
                ("final_layer.adaLN_modulation.1", [15, 16]),
            ],
            Rows(doubles: 1, singles: 1).Select(entry => (entry.Name, entry.Rows)));
    }

    [Theory]
    [InlineData(2, 3, 35)] // the stored model, 02_modulation_slices
    [InlineData(19, 38, 344)] // Chroma1
    public void Every_row_of_the_table_has_one_owner_in_the_stored_order(int doubles, int singles, int rows)
    {
        (string Name, int[] Rows)[] index = Rows(doubles, singles);

        Assert.Equal(Enumerable.Range(0, rows), index.SelectMany(entry => entry.Rows));
        string[] names =
        [
            .. Enumerable.Range(0, singles).Select(i => $"single_blocks.{i}.modulation.lin"),
            .. Enumerable.Range(0, doubles).Select(i => $"double_blocks.{i}.img_mod.lin"),
            .. Enumerable.Range(0, doubles).Select(i => $"double_blocks.{i}.txt_mod.lin"),
            "final_layer.adaLN_modulation.1",
        ];
        Assert.Equal(names, index.Select(entry => entry.Name));
        Assert.All(index, entry => Assert.Equal(entry.Name[0] switch { 's' => 3, 'd' => 6, _ => 2 }, entry.Rows.Length));
    }

    [Fact]
    public void Modulation_agrees_with_the_stored_one()
    {
        using StoredCase stored = new("02_modulation_slices", Tolerances.Modulation);
        FloatTensor x = stored.Input("x");
        FloatTensor PerSample(string name) => stored.Input(name).Reshape(1, x.Shape[2]);

        FloatTensor normed = models.Function("layer_norm", ("x", x));
        stored.Compare("layernorm_x", normed);
        stored.Compare("modulated", models.Function("modulate", ("x", normed), ("shift", PerSample("shift")), ("scale", PerSample("scale"))));
        stored.Compare("gated_residual", models.Function("gate", ("x", x), ("y", stored.Input("y")), ("gate", PerSample("gate"))));
        stored.CompareExactly("mod_index_length", Named.Vector(models.Transformer.Info.ModulationRows));
        stored.AssertEveryTensorWasUsed();
    }

    private static FloatTensor Row(params float[] values) => new(values, 1, values.Length);

    private (string Name, int[] Rows)[] Rows(int doubles, int singles) =>
    [
        .. models.Engine.RunFunction("modulation_index", Named.Tensors(("doubles", Named.Vector(doubles)), ("singles", Named.Vector(singles))))
            .Select(entry => (entry.Key, Array.ConvertAll(entry.Value.Span.ToArray(), row => (int)row))),
    ];
}
