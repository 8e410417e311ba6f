using Chroma.Models;

namespace Chroma.Cli.Bench;

/// <summary>The encoder of T5 v1.1: its tensors, and the work of encoding a prompt.</summary>
internal static class TextEncoderBlueprint
{
    /// <summary>All tensors, the matrices of the type asked for.</summary>
    public static IReadOnlyList<RandomTensor> Tensors(BenchSizes sizes, WeightType type)
    {
        long hidden = sizes.Context;
        TensorList list = new();
        list.AddTable("shared.weight", type, BenchSizes.T5Vocabulary, hidden);
        list.AddTable(
            "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", WeightType.F32, BenchSizes.T5Buckets, hidden / BenchSizes.T5HeadSize);
        for (int i = 0; i < sizes.T5Layers; i++)
        {
            string attention = $"encoder.block.{i}.layer.0";
            list.AddScale($"{attention}.layer_norm.weight", hidden);

            // T5 does not scale its scores, so its queries are small.
            list.AddLinear($"{attention}.SelfAttention.q", type, hidden, hidden, bias: false, gain: 1 / MathF.Sqrt(BenchSizes.T5HeadSize));
            foreach (string name in (string[])["k", "v", "o"])
            {
                list.AddLinear($"{attention}.SelfAttention.{name}", type, hidden, hidden, bias: false);
            }

            string feedForward = $"encoder.block.{i}.layer.1";
            list.AddScale($"{feedForward}.layer_norm.weight", hidden);
            list.AddLinear($"{feedForward}.DenseReluDense.wi_0", type, hidden, sizes.T5FeedForward, bias: false);
            list.AddLinear($"{feedForward}.DenseReluDense.wi_1", type, hidden, sizes.T5FeedForward, bias: false);
            list.AddLinear($"{feedForward}.DenseReluDense.wo", type, sizes.T5FeedForward, hidden, bias: false);
        }

        list.AddScale("encoder.final_layer_norm.weight", hidden);
        return list.Tensors;
    }

    /// <summary>The work of encoding one prompt.</summary>
    public static Work Work(TextEncoderInfo info, int tokens)
    {
        double inner = info.Heads * info.HeadSize;
        double perToken = (4 * info.HiddenSize * inner) + (3.0 * info.HiddenSize * info.FeedForwardSize);
        double attention = 2.0 * tokens * tokens * inner;
        return new Work(2 * info.Layers * tokens * perToken, 2 * info.Layers * attention, 0);
    }
}
