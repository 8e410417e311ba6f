using Chroma.Models;
using Chroma.Tensors;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>
/// T5-XXL has activations before <c>wo</c> that half precision cannot hold (65504 at most). With F16 and quantised weights they must stay
/// finite and right.
/// </summary>
public class HalfPrecisionOverflowTests(StoredModels models)
{
    private const string FeedForward = "encoder.block.0.layer.1.DenseReluDense";
    private const float LargestHalf = 65504;

    [Theory]
    [InlineData(WeightType.F16, 0.99995)]
    [InlineData(WeightType.BF16, 0.9999)]
    [InlineData(WeightType.Q8_0, 0.999)]
    [InlineData(WeightType.Q5_1, 0.99)]
    [InlineData(WeightType.Q4_1, 0.94)]
    [InlineData(WeightType.Q4_0, 0.93)]
    public void Activations_beyond_half_precision_stay_finite_and_right(WeightType type, double cosine)
    {
        // wi_0 and wi_1 a thousand times as large: their product, the input of wo, is a million times as large.
        using DummyWeights weights = DummyWeights.TextEncoder(hidden: 64, heads: 2, headSize: 32, feedForward: 128, vocabulary: 16).Randomize(3);
        weights.Scale($"{FeedForward}.wi_0.weight", 1000).Scale($"{FeedForward}.wi_1.weight", 1000);

        int[,] ids = { { 3, 7, 11, 15, 1 } };
        using TextEncoder exact = weights.LoadTextEncoder(models.Engine);
        using TextEncoder converted = weights.LoadTextEncoder(models.Engine, new ModelLoadOptions { Type = type });
        Layers layers = new($"{FeedForward}.wi_0", $"{FeedForward}.wi_1", $"{FeedForward}.wo");

        FloatTensor expected = exact.Encode(ids, options: layers.Options);
        FloatTensor actual = converted.Encode(ids);

        float[] product = [.. layers[$"{FeedForward}.wi_0"].Span.ToArray().Zip(layers[$"{FeedForward}.wi_1"].Span.ToArray(), (a, b) => MathF.Max(a, 0) * b)];
        Assert.True(product.Max(MathF.Abs) > 10 * LargestHalf);
        Assert.All(actual.Span.ToArray(), value => Assert.True(float.IsFinite(value)));
        TensorDifference difference = TensorDifference.Between(actual, expected);
        Assert.True(difference.Cosine > cosine, difference.ToString());
    }
}
