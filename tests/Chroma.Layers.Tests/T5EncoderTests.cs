using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>The T5 encoder: relative positions, and the three treatments of padding.</summary>
public class T5EncoderTests(StoredModels models)
{
    private const string Attention = "encoder.block.0.layer.0.SelfAttention";
    private const string FeedForward = "encoder.block.0.layer.1.DenseReluDense";

    private static readonly string[] _blocks = ["shared", "encoder.block.?"];

    [Fact]
    public void An_encoder_whose_blocks_add_nothing_normalises_the_embedding()
    {
        using DummyWeights weights = DummyWeights.TextEncoder();
        weights.SetAt("shared.weight", [3, 0], 3).SetAt("shared.weight", [3, 1], 4).Set("encoder.final_layer_norm.weight", 1, -10);
        using TextEncoder encoder = weights.LoadTextEncoder(models.Engine);

        // (3, 4) / sqrt((9 + 16) / 2) = (0.8485281, 1.1313708)
        Agree.RelativeOfMax(encoder.Encode(new[,] { { 3 } }), Named.Tokens([0.8485281f, -11.313708f]), Tolerances.ByHand, "states");
    }

    [Fact]
    public void The_gated_feed_forward_part_can_be_worked_out_by_hand()
    {
        using DummyWeights weights = DummyWeights.TextEncoder();
        weights.Set("shared.weight", 0, 0, 2, 2, 0, 0, 0, 0);
        weights.Set($"{FeedForward}.wi_0.weight", 1, 0, -1, 0).Set($"{FeedForward}.wi_1.weight", 0, 2, 0, 3).Set($"{FeedForward}.wo.weight", 1, 0, 0, 1);
        using TextEncoder encoder = weights.LoadTextEncoder(models.Engine);
        Layers layers = new("*.wo", "encoder.block.0");

        _ = encoder.Encode(new[,] { { 1 } }, options: layers.Options);

        // (2, 2) normalised: (1, 1). GELU of (1, -1): (0.8411920, -0.1588080), times (2, 3). The residual adds (2, 2).
        Agree.RelativeOfMax(layers[$"{FeedForward}.wo"], Named.Tokens([1.682384f, -0.476424f]), Tolerances.ByHand, "wo");
        Agree.RelativeOfMax(layers["encoder.block.0"], Named.Tokens([3.682384f, 1.523576f]), Tolerances.ByHand, "block");
    }

    [Theory]
    [InlineData(TextMask.None, 0.5f, -0.5f)] // each sees itself with 3/4, the other with 1/4
    [InlineData(TextMask.Key, 1, 1)] // both see the token alone
    [InlineData(TextMask.Training, 1, 0)] // padding sees the mean, whatever the bias
    public void Relative_bias_and_the_treatments_of_padding_can_be_worked_out_by_hand(TextMask mask, float token, float padding)
    {
        // A token (2, 2) and padding (2, -2); normalised, and so their values: (1, 1) and (1, -1). Queries are 0, and the bias is ln 3 where
        // the distance is 0 (bucket 0), 0 elsewhere.
        using DummyWeights weights = DummyWeights.TextEncoder();
        weights.Set("shared.weight", 2, -2, 2, 2, 0, 0, 0, 0).SetAt($"{Attention}.relative_attention_bias.weight", [0, 0], MathF.Log(3));
        weights.Set($"{Attention}.v.weight", 1, 0, 0, 1).Set($"{Attention}.o.weight", 1, 0, 0, 1);
        using TextEncoder encoder = weights.LoadTextEncoder(models.Engine);
        Layers layers = new(Attention);

        _ = encoder.Encode(new[,] { { 1, 0 } }, new[,] { { true, false } }, mask, layers.Options);

        Agree.RelativeOfMax(layers[Attention], Named.Tokens([1, token], [1, padding]), Tolerances.ByHand, mask.ToString());
    }

    [Fact]
    public void A_bias_towards_the_next_token_makes_each_see_the_next()
    {
        // Bucket 17 holds the keys one place behind the query; 30 leaves the others nothing. The last token has no next: it sees the mean.
        using DummyWeights weights = DummyWeights.TextEncoder();
        weights.Set("shared.weight", 2, -2, 2, 2, 0, 0, 0, 0).SetAt($"{Attention}.relative_attention_bias.weight", [17, 0], 30);
        weights.Set($"{Attention}.v.weight", 1, 0, 0, 1).Set($"{Attention}.o.weight", 1, 0, 0, 1);
        using TextEncoder encoder = weights.LoadTextEncoder(models.Engine);
        Layers layers = new(Attention);

        _ = encoder.Encode(new[,] { { 1, 0, 1 } }, options: layers.Options);

        Agree.RelativeOfMax(layers[Attention], Named.Tokens([1, -1], [1, 1], [1, 1f / 3]), Tolerances.ByHand, "attention");
    }

    [Fact]
    public void Buckets_are_exact_near_by_and_grow_farther_away()
    {
        // Half of the 32 buckets are for keys behind the query; of each half 8 are exact, the rest logarithmic up to distance 128.
        FloatTensor buckets = models.Function("relative_position_bucket", ("length", Named.Vector(200)));
        int Bucket(int query, int key) => (int)buckets.Span[(query * 200) + key];

        Assert.Equal([0, 1, 7, 8, 15, 15], new[] { 0, 1, 7, 8, 127, 199 }.Select(distance => Bucket(distance, 0)));
        Assert.Equal([17, 23, 24, 31, 31], new[] { 1, 7, 8, 127, 199 }.Select(distance => Bucket(0, distance)));
    }

    [Fact]
    public void Every_block_agrees_without_a_mask()
    {
        using StoredCase stored = new("04_t5_nomask", Tolerances.TextEncoder);
        Layers layers = new(_blocks);
        FloatTensor states = models.TextEncoder.Encode(stored.Input("ids").ToIds(), options: layers.Options);
        stored.CompareExactly("embed", layers["shared"]);
        stored.Compare("block0", layers["encoder.block.0"]);
        stored.Compare("block1", layers["encoder.block.1"]);
        stored.Compare("final", states);

        Layers farther = new(_blocks);
        FloatTensor longStates = models.TextEncoder.Encode(stored.Input("long.ids").ToIds(), options: farther.Options);
        stored.Compare("long.block0", farther["encoder.block.0"]);
        stored.Compare("long.block1", farther["encoder.block.1"]);
        stored.Compare("long.final", longStates);

        CompareRelativePositions(stored);
        stored.AssertEveryTensorWasUsed();
    }

    [Fact]
    public void Every_block_agrees_under_each_treatment_of_padding()
    {
        using StoredCase stored = new("04_t5_mask", Tolerances.MaskedTextEncoder);
        int[,] ids = stored.Input("ids").ToIds();
        bool[,] mask = stored.Input("attention_mask").ToMask();

        Layers layers = new(_blocks);
        FloatTensor states = models.TextEncoder.Encode(ids, mask, TextMask.Key, layers.Options);
        stored.CompareExactly("embed", layers["shared"]);
        stored.Compare("block0", layers["encoder.block.0"]);
        stored.Compare("block1", layers["encoder.block.1"]);
        stored.Compare("final", states);

        stored.Compare("flow_outer.final", models.TextEncoder.Encode(ids, mask, TextMask.Training));

        // ComfyUI: the prompt and one padding token, no mask.
        FloatTensor onePadding = stored.Input("comfy_minpad1.b0.final");
        FloatTensor cut = stored.Input("ids").Slice(1, 0, onePadding.Shape[1]);
        stored.Compare("comfy_minpad1.b0.final", models.TextEncoder.Encode(cut.ToIds()));
        stored.AssertEveryTensorWasUsed();
    }

    [Fact]
    public void Each_prompt_of_a_batch_is_what_it_is_alone()
    {
        int[,] ids = { { 5, 9, 200, 1, 0, 0 }, { 7, 1, 0, 0, 0, 0 }, { 3, 4, 5, 6, 7, 1 } };
        bool[,] mask = new bool[3, 6];
        int[] lengths = [4, 2, 6];
        for (int i = 0; i < mask.Length; i++)
        {
            mask[i / 6, i % 6] = i % 6 < lengths[i / 6];
        }

        foreach (TextMask treatment in Enum.GetValues<TextMask>())
        {
            FloatTensor batch = models.TextEncoder.Encode(ids, mask, treatment);
            for (int sample = 0; sample < lengths.Length; sample++)
            {
                int[,] own = new int[1, 6];
                bool[,] ownMask = new bool[1, 6];
                for (int token = 0; token < 6; token++)
                {
                    (own[0, token], ownMask[0, token]) = (ids[sample, token], mask[sample, token]);
                }

                FloatTensor alone = models.TextEncoder.Encode(own, ownMask, treatment);
                Agree.RelativeOfMax(batch.Slice(0, sample, 1), alone, Tolerances.MaskedTextEncoder, $"{treatment}, sample {sample}");
            }
        }
    }

    private void CompareRelativePositions(StoredCase stored)
    {
        // The stored positions are -300 to 300, key minus query.
        FloatTensor positions = stored.Input("rel.relative_position");
        int reach = (int)positions.Span[^1], length = reach + 1;
        FloatTensor table = models.Function("relative_position_bucket", ("length", Named.Vector(length)));
        stored.CompareExactly("rel.bucket", Named.Vector(
            [.. positions.Span.ToArray().Select(position => table.Span[position < 0 ? (int)-position * length : (int)position])]));

        // PyTorch's module gives the bias as [query, key, head]; stored is [1, head, query, key].
        const int Tokens = 24;
        Layers layers = new("*relative_attention_bias");
        _ = models.TextEncoder.Encode(new int[1, Tokens], options: layers.Options);
        FloatTensor bias = layers[$"{Attention}.relative_attention_bias"];
        int heads = models.TextEncoder.Info.Heads;
        FloatTensor byHead = new(1, heads, Tokens, Tokens);
        for (int i = 0; i < bias.Length; i++)
        {
            byHead.Span[(i % heads * Tokens * Tokens) + (i / heads)] = bias.Span[i];
        }

        stored.CompareExactly("rel.bias_24", byHead);
    }
}
