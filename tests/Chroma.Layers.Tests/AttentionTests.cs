using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>Attention over heads. It has no mask: tokens that a mask would hide are left out instead.</summary>
public class AttentionTests(StoredModels models)
{
    private const string Case = "02_qknorm_rope_attention";

    [Fact]
    public void It_can_be_worked_out_by_hand()
    {
        // One head of 4 channels, two tokens; the scale is 1 / sqrt(4). The first query scores 2 ln 3 / 2 = ln 3 on the first key and 0 on
        // the second: weights 3/4 and 1/4, (3 x 4 + 0) / 4 = 3 and (0 + 8) / 4 = 2. The second query scores 0 on both: the mean.
        FloatTensor q = new([2, 0, 0, 0, 0, 0, 0, 0], 1, 1, 2, 4);
        FloatTensor k = new([MathF.Log(3), 0, 0, 0, 0, 0, 0, 0], 1, 1, 2, 4);
        FloatTensor v = new([4, 0, 0, 0, 0, 8, 0, 0], 1, 1, 2, 4);

        FloatTensor output = models.Function("attention", ("q", q), ("k", k), ("v", v));

        Agree.WithinAbsolute(output, Named.Tokens([3, 2, 0, 0], [2, 4, 0, 0]), Tolerances.ByHand, "attention");
    }

    [Fact]
    public void Heads_come_out_side_by_side()
    {
        // One token sees itself alone: the heads' values, one after the other.
        FloatTensor v = new([1, 2, 3, 4, 5, 6, 7, 8], 1, 2, 1, 4);

        FloatTensor output = models.Function("attention", ("q", v), ("k", v), ("v", v));

        Agree.WithinAbsolute(output, Named.Tokens([1, 2, 3, 4, 5, 6, 7, 8]), Tolerances.ByHand, "attention");
    }

    [Fact]
    public void It_agrees_with_the_stored_one_with_and_without_a_mask()
    {
        using StoredCase stored = new(Case, Tolerances.Attention);
        Check(stored, models);
    }

    [Theory]
    [InlineData(1, 1, 8)]
    [InlineData(5, 2, 12)]
    [InlineData(97, 1, 24)]
    [InlineData(33, 2, 80)]
    [InlineData(600, 2, 32)] // more than one chunk of keys
    [InlineData(262, 3, 128)]
    [InlineData(40, 1, 512)]
    public void Half_precision_products_stay_near_the_exact_ones(int tokens, int heads, int channels)
    {
        FloatTensor q = Random(1, heads, tokens, channels), k = Random(2, heads, tokens, channels), v = Random(3, heads, tokens, channels);

        FloatTensor half = models.Function("attention_half", ("q", q), ("k", k), ("v", v));

        TensorDifference difference = TensorDifference.Between(half, models.Function("attention", ("q", q), ("k", k), ("v", v)));
        Assert.True(1 - difference.Cosine <= 1e-5 && difference.RelativeOfMax <= 0.01, $"{1 - difference.Cosine:g3}, {difference}");
    }

    [Theory]
    [InlineData(5, 2, 64)]
    [InlineData(600, 2, 64)]
    [InlineData(262, 3, 128)]
    [InlineData(40, 1, 192)]
    [InlineData(33, 1, 512)]
    [InlineData(33, 2, 80)] // no whole vectors of int8: half precision
    public void Products_of_int8_stay_near_the_exact_ones(int tokens, int heads, int channels)
    {
        FloatTensor q = Random(1, heads, tokens, channels), k = Random(2, heads, tokens, channels), v = Random(3, heads, tokens, channels);

        FloatTensor int8 = models.Function("attention_int8", ("q", q), ("k", k), ("v", v));

        TensorDifference difference = TensorDifference.Between(int8, models.Function("attention", ("q", q), ("k", k), ("v", v)));
        Assert.True(1 - difference.Cosine <= 2e-4 && difference.RelativeOfMax <= 0.03, $"{1 - difference.Cosine:g3}, {difference}");
    }

    [Fact]
    public void Products_of_int8_keep_their_precision_beside_a_channel_of_outliers()
    {
        // A constant in all keys moves all scores of a query alike, which the softmax does not see; unrotated, the error is five times as large: 2.4e-3 instead of 4.3e-4.
        FloatTensor q = Random(1, 1, 64, 128), k = Random(2, 1, 64, 128), v = Random(3, 1, 64, 128);
        for (int token = 0; token < 64; token++)
        {
            k.Span[(token * 128) + 17] = 30;
        }

        FloatTensor int8 = models.Function("attention_int8", ("q", q), ("k", k), ("v", v));

        TensorDifference difference = TensorDifference.Between(int8, models.Function("attention", ("q", q), ("k", k), ("v", v)));
        Assert.True(1 - difference.Cosine <= 9e-4, $"{1 - difference.Cosine:g3}, {difference}");
    }

    [Fact]
    public void Half_precision_products_weigh_far_keys_with_zero()
    {
        // The first query's scores are 90 and 0: a weight of e^-90, which is none. The second query turns them around.
        FloatTensor q = new([90 * MathF.Sqrt(2), 0, 0, 90 * MathF.Sqrt(2)], 1, 1, 2, 2);
        FloatTensor k = new([1, 0, 0, 1], 1, 1, 2, 2);
        FloatTensor v = new([3, 5, -7, 0.5f], 1, 1, 2, 2);

        FloatTensor output = models.Function("attention_half", ("q", q), ("k", k), ("v", v));

        Agree.WithinAbsolute(output, Named.Tokens([3, 5], [-7, 0.5f]), Tolerances.ByHand, "attention_half");
    }

    [Theory]
    [InlineData("attention_half")]
    [InlineData("attention_int8")]
    public void Products_do_not_depend_on_the_number_of_threads(string function)
    {
        IReadOnlyDictionary<string, FloatTensor> inputs = Named.Tensors(
            ("q", Random(1, 3, 210, 64)), ("k", Random(2, 3, 210, 64)), ("v", Random(3, 3, 210, 64)));
        FloatTensor Attend(int threads) =>
            models.Engine.RunFunction(function, inputs, new RunOptions { Threads = threads })["output"];

        Assert.Equal(Attend(1).Span.ToArray(), Attend(3).Span.ToArray());
    }

    [Fact]
    public void The_stored_case_is_compared_from_end_to_end()
    {
        using StoredCase stored = new(Case, Tolerances.Attention);
        QKNormTests.Check(stored, models);
        RopeTests.Check(stored, models);
        Check(stored, models);
        stored.AssertEveryTensorWasUsed();
    }

    // [1, heads, tokens, channels]
    private static FloatTensor Random(int seed, int heads, int tokens, int channels)
    {
        FloatTensor tensor = new(1, heads, tokens, channels);
        Random random = new(seed);
        foreach (ref float value in tensor.Span)
        {
            value = (random.NextSingle() * 4) - 2;
        }

        return tensor;
    }

    private static void Check(StoredCase stored, StoredModels models)
    {
        FloatTensor q = stored.Input("q_rope"), k = stored.Input("k_rope"), v = stored.Input("v");
        FloatTensor Attend(FloatTensor q, FloatTensor k, FloatTensor v) => models.Function("attention", ("q", q), ("k", k), ("v", v));
        stored.Compare("attn_nomask", Attend(q, k, v));

        bool[,] keep = stored.Input("keep").ToMask();
        int[] kept = keep.Indices(0), dropped = keep.Indices(0, value: false);
        Assert.True(dropped.Length > 0 && dropped.Length < kept.Length);
        FloatTensor keptQ = q.Take(2, kept), keptK = k.Take(2, kept), keptV = v.Take(2, kept);
        FloatTensor keptRows = Attend(keptQ, keptK, keptV);

        // flow: kept rows see kept tokens, rows of dropped ones are zeros.
        stored.Compare("attn_mask_outer", Scatter(keptRows, kept, new FloatTensor(1, dropped.Length, keptRows.Shape[2]), dropped));

        // Under a mask of the keys alone, dropped rows see the kept tokens too. Queries do not see each other, so those of the dropped
        // tokens can take the places of kept ones.
        FloatTensor stoodIn = Named.Concat(2, q.Take(2, dropped), keptQ.Slice(2, dropped.Length, kept.Length - dropped.Length));
        FloatTensor droppedRows = Attend(stoodIn, keptK, keptV).Slice(1, 0, dropped.Length);
        stored.Compare("attn_mask_key", Scatter(keptRows, kept, droppedRows, dropped));

        // diffusers' pipelines add the mask, 1 or 0, to the scores instead. That is a wrong result, kept to recognise it, and it can be
        // had by one more channel: sqrt(36) in the queries and the mask in the keys, with the other channels scaled from sqrt(32) to sqrt(36).
        const int Channels = 32, Wider = 36;
        FloatTensor Widen(FloatTensor x, Func<int, float> last, float scale)
        {
            FloatTensor wide = new(1, x.Shape[1], x.Shape[2], Wider);
            for (int row = 0; row < x.Shape[1] * x.Shape[2]; row++)
            {
                System.Numerics.Tensors.TensorPrimitives.Multiply(x.Span.Slice(row * Channels, Channels), scale, wide.Span.Slice(row * Wider, Channels));
                wide.Span[(row * Wider) + Channels] = last(row % x.Shape[2]);
            }

            return wide;
        }

        FloatTensor wideQ = Widen(q, token => keep[0, token] ? MathF.Sqrt(Wider) : 0, MathF.Sqrt((float)Wider / Channels));
        FloatTensor wideOutput = Attend(wideQ, Widen(k, token => keep[0, token] ? 1 : 0, 1), Widen(v, _ => 0, 1));
        FloatTensor added = wideOutput.Reshape(1, q.Shape[2], q.Shape[1], Wider).Slice(3, 0, Channels).Reshape(1, q.Shape[2], q.Shape[1] * Channels);
        stored.Compare("attn_float_mask_added", added);
        Assert.True(TensorDifference.Between(keptRows.Span, added.Take(1, kept).Span).MaxAbsolute > 0.1);

        // What the stored masks say is what `keep` says.
        FloatTensor outer = stored.Input("mask_outer"), key = stored.Input("mask_key");
        for (int i = 0; i < outer.Length; i++)
        {
            int query = i / keep.Length, other = i % keep.Length;
            Assert.Equal(keep[0, query] && keep[0, other], outer.Span[i] != 0);
            Assert.Equal(keep[0, other], key.Span[i] != 0);
        }
    }

    // Rows [1, L, C] put back where they were taken from.
    private static FloatTensor Scatter(FloatTensor first, int[] firstRows, FloatTensor second, int[] secondRows)
    {
        int[] origin = [.. firstRows, .. secondRows];
        int[] order = [.. Enumerable.Range(0, origin.Length).Select(row => Array.IndexOf(origin, row))];
        return Named.Concat(1, first, second).Take(1, order);
    }
}
