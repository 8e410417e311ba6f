using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>The autoencoder both ways, whole and in tiles.</summary>
public class AutoencoderTests(StoredModels models)
{
    // silu(-1) and silu(1), from a norm's (-1, 1)
    private const float Low = -0.2689414f, High = 0.7310586f;

    [Fact]
    public void Decoding_can_be_worked_out_by_hand()
    {
        using DummyWeights weights = DummyWeights.Autoencoder();
        weights.SetAt("decoder.conv_in.weight", [0, 0, 1, 1], 1);
        for (int level = 1; level < 4; level++)
        {
            weights.SetAt($"decoder.up.{level}.upsample.conv.weight", [0, 0, 1, 1], 1);
        }

        weights.SetAt("decoder.conv_out.weight", [0, 0, 1, 1], 1); // red: the pixel itself
        weights.SetAt("decoder.conv_out.bias", [1], 0.25f); // green: constant
        weights.SetAt("decoder.conv_out.weight", [2, 0, 1, 2], 1); // blue: the pixel to the right
        using Autoencoder autoencoder = weights.LoadAutoencoder(models.Engine);
        FloatTensor latent = new(1, 16, 1, 2);
        (latent.Span[0], latent.Span[1]) = (1, 3);

        FloatTensor image = autoencoder.Decode(latent);

        // Blocks whose last convolution is zero pass on what they get. Three times each pixel becomes 2x2: the left half is 1, the right
        // half 3; the norm makes -1 and 1 of them, swish the two numbers above. To the right of the last column there is nothing: 0.
        FloatTensor expected = new(1, 3, 8, 16);
        for (int i = 0; i < 8 * 16; i++)
        {
            int x = i % 16;
            expected.Span[i] = x < 8 ? Low : High;
            expected.Span[(8 * 16) + i] = 0.25f;
            expected.Span[(2 * 8 * 16) + i] = x < 7 ? Low : x < 15 ? High : 0;
        }

        Agree.RelativeOfMax(image, expected, Tolerances.ByHand, "image");
    }

    [Fact]
    public void Encoding_can_be_worked_out_by_hand()
    {
        using DummyWeights weights = DummyWeights.Autoencoder();
        weights.SetAt("encoder.conv_in.weight", [0, 0, 1, 1], 1);
        for (int level = 0; level < 3; level++)
        {
            weights.SetAt($"encoder.down.{level}.downsample.conv.weight", [0, 0, 0, 0], 1); // the upper left of three by three
        }

        weights.SetAt("encoder.conv_out.weight", [0, 0, 1, 1], 1).SetAt("encoder.conv_out.weight", [16 + 15, 0, 1, 1], 2).SetAt("encoder.conv_out.bias", [16], 0.5f);
        using Autoencoder autoencoder = weights.LoadAutoencoder(models.Engine);
        FloatTensor image = new(1, 3, 8, 16);
        (image.Span[0], image.Span[8]) = (1, 3); // red, at the upper left of each 8x8 square

        LatentDistribution latent = autoencoder.Encode(image);

        // Downsampling pads at the right and the bottom only, so the upper left weight sees pixels 0, 2, 4, ...: (1, 3) remains; norm (-1, 1).
        FloatTensor mean = new(1, 16, 1, 2), logVariance = new(1, 16, 1, 2);
        (mean.Span[0], mean.Span[1]) = (Low, High);
        (logVariance.Span[0], logVariance.Span[1], logVariance.Span[30], logVariance.Span[31]) = (0.5f, 0.5f, 2 * Low, 2 * High);
        Agree.RelativeOfMax(latent.Mean, mean, Tolerances.ByHand, "mean");
        Agree.RelativeOfMax(latent.LogVariance, logVariance, Tolerances.ByHand, "logvar");
    }

    [Fact]
    public void Every_stage_of_encoding_agrees_with_the_stored_one()
    {
        using StoredCase stored = new("06_vae_encode", Tolerances.Encoder);
        Layers layers = new("encoder.*");
        LatentDistribution latent = models.Autoencoder.Encode(stored.Input("image"), options: layers.Options);

        foreach (string stage in new[]
        {
            "conv_in", "down.0.block.0", "down.0.downsample", "down.1.block.0", "down.1.downsample", "down.2.block.0", "down.2.downsample",
            "down.3.block.0", "mid.block_1", "mid.attn_1", "mid.block_2", "norm_out",
        })
        {
            stored.Compare(stage, layers[$"encoder.{stage}"]);
        }

        stored.Compare("moments", layers["encoder.conv_out"]);
        stored.Compare("moments", Named.Concat(1, latent.Mean, latent.LogVariance));
        stored.Compare("mean", latent.Mean);
        stored.Compare("logvar", latent.LogVariance);

        FloatTensor noise = stored.Input("noise");
        FloatTensor sampled = Each(latent.Mean, (mean, i) => mean + (MathF.Exp(latent.LogVariance.Span[i] / 2) * noise.Span[i]));
        stored.Compare("z_sampled", sampled);
        AutoencoderInfo info = models.Autoencoder.Info;
        stored.Compare("latent_from_sample", Each(sampled, (z, _) => (z - info.ShiftFactor) * info.ScaleFactor));
        stored.Compare("latent_from_mean", Each(latent.Mean, (z, _) => (z - info.ShiftFactor) * info.ScaleFactor));
        stored.AssertEveryTensorWasUsed();
    }

    [Fact]
    public void Every_stage_of_decoding_agrees_with_the_stored_one()
    {
        using StoredCase stored = new("06_vae_decode", Tolerances.Decoder);
        AutoencoderInfo info = models.Autoencoder.Info;
        FloatTensor z = Each(stored.Input("latent"), (value, _) => (value / info.ScaleFactor) + info.ShiftFactor);
        stored.Compare("z", z);
        Layers layers = new("decoder.*");
        FloatTensor image = models.Autoencoder.Decode(z, options: layers.Options);

        foreach (string stage in new[]
        {
            "conv_in", "mid.block_1", "mid.attn_1", "mid.block_2", "up.3.block.0", "up.3.block.1", "up.3.upsample", "up.2.block.0", "up.2.block.1",
            "up.2.upsample", "up.1.block.0", "up.1.block.1", "up.1.upsample", "up.0.block.0", "up.0.block.1", "norm_out",
        })
        {
            stored.Compare(stage, layers[$"decoder.{stage}"]);
        }

        stored.Compare("pixels", image);
        stored.AssertEveryTensorWasUsed();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(10)]
    public void Tiles_show_no_seams_when_decoding(int tile)
    {
        FloatTensor latent = Waves(2, 16, 7, 11);
        FloatTensor whole = models.Autoencoder.Decode(latent, Tiling.Never);

        Agree.RelativeOfMax(models.Autoencoder.Decode(latent, new Tiling(tile)), whole, Tolerances.Decoder, $"tiles of {tile}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(10)]
    public void Tiles_show_no_seams_when_encoding(int tile)
    {
        FloatTensor image = Waves(2, 3, 56, 88);
        LatentDistribution whole = models.Autoencoder.Encode(image, Tiling.Never);

        LatentDistribution tiled = models.Autoencoder.Encode(image, new Tiling(tile));

        Agree.RelativeOfMax(tiled.Mean, whole.Mean, Tolerances.Encoder, $"mean, tiles of {tile}");
        Agree.RelativeOfMax(tiled.LogVariance, whole.LogVariance, Tolerances.Encoder, $"logvar, tiles of {tile}");
    }

    [Fact]
    public void A_listener_changes_nothing_but_the_rounding()
    {
        // Whoever listens sees layers in PyTorch's shapes; who doesn't gets them computed in the layout that is faster.
        FloatTensor latent = Waves(1, 16, 9, 14), image = Waves(1, 3, 72, 112);

        FloatTensor shown = models.Autoencoder.Decode(latent, options: new Layers("decoder.conv_in").Options);
        FloatTensor shownMean = models.Autoencoder.Encode(image, options: new Layers("encoder.conv_in").Options).Mean;

        Agree.RelativeOfMax(models.Autoencoder.Decode(latent), shown, Tolerances.Decoder, "image");
        Agree.RelativeOfMax(models.Autoencoder.Encode(image).Mean, shownMean, Tolerances.Encoder, "mean");
    }

    [Theory]
    [InlineData(WeightType.F16)]
    [InlineData(WeightType.BF16)]
    public void Half_precision_products_stay_near_the_exact_ones(WeightType type)
    {
        // A listener's layers are computed with float32 products, from the same weights.
        using Autoencoder half = Autoencoder.Load(models.Engine, StoredModels.AutoencoderPath, new ModelLoadOptions { Type = type });
        FloatTensor latent = Waves(1, 16, 9, 14), image = Waves(1, 3, 72, 112);

        TensorDifference decoded = TensorDifference.Between(
            half.Decode(latent), half.Decode(latent, options: new Layers("decoder.conv_in").Options));
        TensorDifference encoded = TensorDifference.Between(
            half.Encode(image).Mean, half.Encode(image, options: new Layers("encoder.conv_in").Options).Mean);

        Assert.True(1 - decoded.Cosine <= 1e-4 && decoded.RelativeOfMax <= 0.02, $"{1 - decoded.Cosine:g3}, {decoded}");
        Assert.True(1 - encoded.Cosine <= 1e-4 && encoded.RelativeOfMax <= 0.02, $"{1 - encoded.Cosine:g3}, {encoded}");
    }

    [Fact]
    public void Each_picture_of_a_batch_is_what_it_is_alone()
    {
        FloatTensor latent = Waves(3, 16, 4, 2);
        FloatTensor batch = models.Autoencoder.Decode(latent);
        for (int sample = 0; sample < 3; sample++)
        {
            FloatTensor alone = models.Autoencoder.Decode(latent.Slice(0, sample, 1));
            Agree.RelativeOfMax(batch.Slice(0, sample, 1), alone, Tolerances.Decoder, $"picture {sample}");

            LatentDistribution back = models.Autoencoder.Encode(batch), backAlone = models.Autoencoder.Encode(alone);
            Agree.RelativeOfMax(back.Mean.Slice(0, sample, 1), backAlone.Mean, Tolerances.Encoder, $"mean {sample}");
        }
    }

    private static FloatTensor Each(FloatTensor tensor, Func<float, int, float> map)
    {
        FloatTensor result = new(tensor.Shape);
        for (int i = 0; i < tensor.Length; i++)
        {
            result.Span[i] = map(tensor.Span[i], i);
        }

        return result;
    }

    private static FloatTensor Waves(params int[] shape)
    {
        FloatTensor tensor = new(shape);
        for (int i = 0; i < tensor.Length; i++)
        {
            tensor.Span[i] = MathF.Sin(i * 0.61f) + (0.5f * MathF.Cos(i * 0.013f));
        }

        return tensor;
    }
}
