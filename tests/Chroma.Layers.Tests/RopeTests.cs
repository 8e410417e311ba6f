using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>RoPE: pairs of neighbouring channels turned by the token's position.</summary>
public class RopeTests(StoredModels models)
{
    [Fact]
    public void It_can_be_worked_out_by_hand()
    {
        // Axes (0, 4, 2): channels 0 to 3 belong to the row, 4 and 5 to the column. At row 1 the first pair turns by 1, the second by
        // 1 / sqrt(10000) = 0.01; at column 2 the third turns by 2. cos x0 - sin x1, sin x0 + cos x1.
        FloatTensor x = new([1, 0, 0, 1, 1, 1], 1, 1, 1, 6);
        FloatTensor output = models.Function("rope", ("x", x), ("ids", Ids(0, 1, 2)), ("axes", Named.Vector(0, 4, 2)));

        FloatTensor expected = new([0.5403023f, 0.8414710f, -0.00999983f, 0.99995f, -1.3254443f, 0.4931506f], 1, 1, 1, 6);
        Agree.WithinAbsolute(output, expected, Tolerances.ByHand, "rope");
    }

    [Fact]
    public void Text_which_stands_at_zero_is_not_turned()
    {
        FloatTensor x = new([1, -2, 3, -4, 5, -6], 1, 1, 1, 6);

        Agree.WithinAbsolute(models.Function("rope", ("x", x), ("ids", Ids(0, 0, 0)), ("axes", Named.Vector(2, 2, 2))), x, 0, "rope");
    }

    [Fact]
    public void Only_the_distance_of_two_tokens_counts()
    {
        FloatTensor q = new([0.3f, -1.2f, 0.8f, 2], 1, 1, 1, 4), k = new([1.1f, 0.4f, -0.7f, 0.9f], 1, 1, 1, 4);
        double Score(float first, float second)
        {
            FloatTensor axes = Named.Vector(0, 4, 0);
            FloatTensor a = models.Function("rope", ("x", q), ("ids", Ids(0, first, 0)), ("axes", axes));
            FloatTensor b = models.Function("rope", ("x", k), ("ids", Ids(0, second, 0)), ("axes", axes));
            return System.Numerics.Tensors.TensorPrimitives.Dot(a.Span, b.Span);
        }

        Assert.Equal(Score(3, 5), Score(13, 15), 5);
        Assert.NotEqual(Score(3, 5), Score(3, 6), 2);
    }

    [Fact]
    public void Tables_and_turned_heads_agree_with_the_stored_ones()
    {
        using StoredCase stored = new("02_qknorm_rope_attention", Tolerances.Rope);
        Check(stored, models);
    }

    internal static void Check(StoredCase stored, StoredModels models)
    {
        FloatTensor axes = Named.Vector(StoredModels.Axes.Text, StoredModels.Axes.Row, StoredModels.Axes.Column);
        FloatTensor text = stored.Input("txt_ids"), image = stored.Input("img_ids");
        FloatTensor ids = Named.Concat(0, text.Reshape(text.Shape[1], 3), image.Reshape(image.Shape[1], 3));

        FloatTensor table = models.Function("rope_table", ("ids", ids), ("axes", axes));
        stored.Compare("pe", table, Tolerances.RopeTable);
        int pairs = table.Shape[3];
        FloatTensor Repeated(int column)
        {
            // diffusers gives each angle to both channels of its pair; each matrix is [[cos, -sin], [sin, cos]].
            FloatTensor values = new(table.Shape[2], 2 * pairs);
            for (int i = 0; i < values.Length; i++)
            {
                values.Span[i] = table.Span[(i / 2 * 4) + column];
            }

            return values;
        }

        stored.Compare("diffusers_cos", Repeated(0), Tolerances.RopeTable);
        stored.Compare("diffusers_sin", Repeated(2), Tolerances.RopeTable);
        RopeAxes real = RopeAxes.Chroma1;
        FloatTensor realIds = stored.Input("real.ids");
        stored.Compare(
            "real.pe",
            models.Function("rope_table", ("ids", realIds.Reshape(realIds.Shape[1], 3)), ("axes", Named.Vector(real.Text, real.Row, real.Column))),
            Tolerances.RopeTable);

        stored.Compare("q_rope", models.Function("rope", ("x", stored.Input("q_norm")), ("ids", ids), ("axes", axes)), Tolerances.Rope);
        stored.Compare("k_rope", models.Function("rope", ("x", stored.Input("k_norm")), ("ids", ids), ("axes", axes)), Tolerances.Rope);
    }

    private static FloatTensor Ids(float text, float row, float column) => new([text, row, column], 1, 3);
}
