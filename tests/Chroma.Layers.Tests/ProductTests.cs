using Chroma.Models;
using Chroma.Noise;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>
/// Linear layers take other ways for few rows and for many, and do on the way what follows them. Which way it is must not show: errors of a
/// type against float32 are stated elsewhere (WeightTypeTests, Precision).
/// </summary>
public sealed class ProductTests(StoredModels models) : IDisposable
{
    private const int Hidden = 256, Mlp = 512, Text = 6;

    // float32 sums in another order, of 256 products
    private const double OtherOrder = 2e-6;

    // A value that lies between two bfloat16 becomes either.
    private const double OtherRounding = 2e-3;

    // The same in many places: probabilities are rounded against the largest score so far, and samples of one latent see their image first.
    private const double OtherOrderOfKeys = 6e-3;

    // A step of int8 further on, where such values are encoded.
    private const double OtherStep = 2e-2;

    private readonly DummyWeights _weights = DummyWeights
        .Transformer(hidden: Hidden, mlp: Mlp, context: 256, approximatorInputs: 64, approximator: 64, heads: 2).Randomize(7);

    public static TheoryData<WeightType> Types => [WeightType.F32, WeightType.F16, WeightType.BF16, WeightType.Q8_0, WeightType.Q4_0, WeightType.Q4_K, WeightType.Int8];

    [Theory]
    [MemberData(nameof(Types))]
    public void A_row_of_a_linear_layer_does_not_depend_on_how_many_there_are(WeightType type) =>
        RowsAreThemselves(type, "double_blocks.0.img_attn.qkv", OtherOrder);

    [Theory]
    [MemberData(nameof(Types))]
    public void A_row_of_an_MLP_does_not_depend_on_how_many_there_are(WeightType type) =>
        RowsAreThemselves(type, "double_blocks.0.img_mlp", type == WeightType.F32 ? OtherOrder : OtherRounding);

    [Theory]
    [MemberData(nameof(Types))]
    public void What_is_done_on_the_way_is_what_the_layers_do_one_by_one(WeightType type)
    {
        using Transformer transformer = Load(type);
        FloatTensor latent = Random(2, 16, 20, 28), context = Random(2, Text, 256);
        float[] times = [0.4f, 0.4f];

        FloatTensor together = transformer.Forward(latent, times, context);
        Layers layers = new("*");
        FloatTensor oneByOne = transformer.Forward(latent, times, context, null, layers.Options);

        Agree.RelativeOfMax(together, oneByOne, type switch { WeightType.F32 => 0, WeightType.Int8 => OtherStep, _ => OtherRounding }, "velocity");
        FloatTensor linear1 = layers["single_blocks.0.linear1"];
        Assert.Equal([2, Text + (10 * 14), (3 * Hidden) + Mlp], linear1.Shape);
        Agree.RelativeOfMax(Gelu(linear1, 3 * Hidden), layers["single_blocks.0.mlp_act"], type == WeightType.F32 ? OtherOrder : 4e-3, "mlp_act");
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Samples_of_one_graph_are_what_they_are_alone(WeightType type)
    {
        using Transformer transformer = Load(type);
        FloatTensor latent = Random(1, 16, 20, 28), context = Random(3, Text, 256);
        FloatTensor latents = Named.Concat(0, latent, Random(1, 16, 20, 28, seed: 9), latent);
        bool[,] mask = Kept([Text, 2, 4]);

        FloatTensor together = transformer.Forward(latents, [0.4f, 0.4f, 0.4f], context, mask);

        for (int sample = 0; sample < 3; sample++)
        {
            FloatTensor alone = transformer.Forward(
                latents.Slice(0, sample, 1), [0.4f], context.Slice(0, sample, 1).Take(1, mask.Indices(sample, value: true)));
            Agree.RelativeOfMax(together.Slice(0, sample, 1), alone, type switch { WeightType.F32 => 4 * OtherOrder, WeightType.Int8 => OtherStep, _ => OtherOrderOfKeys }, $"sample {sample}");
        }
    }

    public void Dispose() => _weights.Dispose();

    // From one row, such as an empty prompt's, over whole tiles and one more to several shares of a panel.
    private void RowsAreThemselves(WeightType type, string module, double tolerance)
    {
        const int Most = 210;
        using Transformer transformer = Load(type);
        FloatTensor x = Random(Most, Hidden);
        FloatTensor all = transformer.Run(module, ("x", x));
        foreach (int rows in (int[])[1, 3, 5, 6, 7, 18, 19, 40, 64, 65, 66, 97, 144])
        {
            FloatTensor some = transformer.Run(module, ("x", x.Slice(0, Most - rows, rows)));
            Agree.RelativeOfMax(some, all.Slice(0, Most - rows, rows), tolerance, $"{rows} rows");
        }
    }

    private Transformer Load(WeightType type)
    {
        Assert.SkipUnless(models.Engine.Description.Contains("oneDNN", StringComparison.Ordinal), "This native library has no oneDNN.");
        return Transformer.Load(models.Engine, _weights.Save(), new ModelLoadOptions { Type = type });
    }

    private static bool[,] Kept(int[] counts)
    {
        bool[,] mask = new bool[counts.Length, Text];
        for (int sample = 0; sample < counts.Length; sample++)
        {
            for (int token = 0; token < counts[sample]; token++)
            {
                mask[sample, token] = true;
            }
        }

        return mask;
    }

    // In double, in its tanh form.
    private static FloatTensor Gelu(FloatTensor x, int firstChannel)
    {
        int channels = (int)x.Shape[2] - firstChannel;
        FloatTensor y = new(x.Shape[0], x.Shape[1], channels);
        for (int i = 0; i < y.Length; i++)
        {
            double value = x.Span[(i / channels * (int)x.Shape[2]) + firstChannel + (i % channels)];
            y.Span[i] = (float)(0.5 * value * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (value + (0.044715 * value * value * value)))));
        }

        return y;
    }

    private static FloatTensor Random(int rows, int channels) => Filled(new FloatTensor(rows, channels), seed: 3);

    private static FloatTensor Random(int batch, int rows, int channels) => Filled(new FloatTensor(batch, rows, channels), seed: 4);

    private static FloatTensor Random(int batch, int channels, int height, int width, int seed = 5) =>
        Filled(new FloatTensor(batch, channels, height, width), seed);

    private static FloatTensor Filled(FloatTensor tensor, int seed)
    {
        new TorchNoise(seed).Fill(tensor.Span);
        return tensor;
    }
}
