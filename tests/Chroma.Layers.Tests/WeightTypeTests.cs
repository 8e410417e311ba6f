using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>
/// The same transformer through every weight type and both containers. The error of each type is stated here as measured, times two; rows of
/// 256 random weights each, so that every block of every type is real.
/// </summary>
public sealed class WeightTypeTests : IDisposable
{
    private const string Matrix = "double_blocks.0.img_attn.qkv.weight";

    private readonly StoredModels _models;
    private readonly DummyWeights _weights = DummyWeights
        .Transformer(hidden: 256, mlp: 512, context: 256, approximatorInputs: 64, approximator: 64, heads: 2).Randomize(5);

    private readonly Lazy<FloatTensor> _exact;

    public WeightTypeTests(StoredModels models)
    {
        _models = models;
        _exact = new(() => Velocity(_weights.Save()));
    }

    /// <summary>The type, the largest 1 - cosine, and the largest error as a fraction of the largest velocity.</summary>
    public static TheoryData<WeightType, double, double> Errors => new()
    {
        { WeightType.F32, 0, 0 },
        { WeightType.F16, 1.4e-5, 0.0071 }, // multiplied as bf16
        { WeightType.BF16, 1.3e-5, 0.0071 },
        { WeightType.Q8_0, 7.5e-5, 0.017 },
        { WeightType.Q6_K, 0.00044, 0.054 },
        { WeightType.Q5_1, 0.0014, 0.068 },
        { WeightType.Q5_0, 0.0022, 0.098 },
        { WeightType.Q5_K, 0.0017, 0.082 },
        { WeightType.Q4_1, 0.0056, 0.17 },
        { WeightType.Q4_0, 0.0084, 0.19 },
        { WeightType.Q4_K, 0.0051, 0.16 },
        { WeightType.Q3_K, 0.028, 0.44 },
        { WeightType.Q2_K, 0.084, 0.69 },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task Each_type_is_as_exact_as_stated(WeightType type, double cosine, double relative)
    {
        string converted = _weights.PathOf("converted.gguf");
        await WeightsFile.QuantizeAsync(_weights.Save(), converted, new QuantizeOptions { Type = type }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(type, TypeOf(converted, Matrix));

        FloatTensor fromFile = Velocity(converted);
        TensorDifference difference = TensorDifference.Between(fromFile, _exact.Value);
        Assert.True(1 - difference.Cosine <= cosine && difference.RelativeOfMax <= relative, $"{type}: {1 - difference.Cosine:g3}, {difference}");
        Assert.True(type == WeightType.F32 || difference.MaxAbsolute > 0, $"{type} changed nothing, so it was not used.");

        // Converted while loading, it is the same model.
        FloatTensor whileLoading = Velocity(_weights.Save(), type);
        Assert.Equal(fromFile.Span.ToArray(), whileLoading.Span.ToArray());
    }

    [Theory]
    [InlineData(WeightType.F32)]
    [InlineData(WeightType.F16)]
    [InlineData(WeightType.BF16)]
    public async Task Both_containers_hold_the_same_model(WeightType type)
    {
        string gguf = _weights.PathOf("converted.gguf"), safetensors = _weights.PathOf("converted.safetensors");
        QuantizeOptions options = new() { Type = type };
        await WeightsFile.QuantizeAsync(_weights.Save(), gguf, options, cancellationToken: TestContext.Current.CancellationToken);
        await WeightsFile.QuantizeAsync(gguf, safetensors, options, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(type, TypeOf(safetensors, Matrix));
        Assert.Equal(Velocity(gguf).Span.ToArray(), Velocity(safetensors).Span.ToArray());
    }

    [Theory]
    [InlineData(WeightType.F16, 3.8e-5, 0.0124)] // multiplied as bf16
    [InlineData(WeightType.BF16, 4.0e-5, 0.015)]
    [InlineData(WeightType.Q8_0, 4.5e-4, 0.048)]
    [InlineData(WeightType.Q4_K, 0.038, 0.41)]
    [InlineData(WeightType.Q4_0, 0.066, 0.45)]
    public async Task The_text_encoder_is_as_exact_as_stated(WeightType type, double cosine, double relative)
    {
        // T5 divides no score by the square root of the head size: its queries' weights start that much smaller.
        using DummyWeights weights = DummyWeights.TextEncoder(hidden: 256, heads: 4, headSize: 64, feedForward: 512, vocabulary: 64)
            .Randomize(6).Scale("encoder.block.0.layer.0.SelfAttention.q.weight", 1f / 8);
        string converted = weights.PathOf("converted.gguf");
        await WeightsFile.QuantizeAsync(weights.Save(), converted, new QuantizeOptions { Type = type }, cancellationToken: TestContext.Current.CancellationToken);
        FloatTensor Encode(string path, ModelLoadOptions? options = null)
        {
            using TextEncoder encoder = TextEncoder.Load(_models.Engine, path, options);
            return encoder.Encode(new[,] { { 3, 60, 17, 42, 8, 1 } });
        }

        FloatTensor fromFile = Encode(converted);
        TensorDifference difference = TensorDifference.Between(fromFile, Encode(weights.Save()));

        Assert.True(1 - difference.Cosine <= cosine && difference.RelativeOfMax <= relative, $"{type}: {1 - difference.Cosine:g3}, {difference}");
        Assert.Equal(fromFile.Span.ToArray(), Encode(weights.Save(), new ModelLoadOptions { Type = type }).Span.ToArray());
    }

    [Theory]
    [InlineData(WeightType.F16, 6.0e-5, 0.0100)] // multiplied as bf16; 0.0098 where AMX adds up in another order, 0.0097 elsewhere
    [InlineData(WeightType.BF16, 6.0e-5, 0.012)]
    [InlineData(WeightType.Q8_0, 0, 0)] // convolutions are not quantised
    public async Task The_autoencoder_is_as_exact_as_stated(WeightType type, double cosine, double relative)
    {
        string converted = _weights.PathOf("converted.gguf");
        await WeightsFile.QuantizeAsync(
            StoredModels.AutoencoderPath, converted, new QuantizeOptions { Type = type }, cancellationToken: TestContext.Current.CancellationToken);
        FloatTensor latent = new(1, 16, 4, 4);
        for (int i = 0; i < latent.Length; i++)
        {
            latent.Span[i] = 2 * MathF.Sin(i * 0.7f);
        }

        using Autoencoder autoencoder = Autoencoder.Load(_models.Engine, converted);
        TensorDifference difference = TensorDifference.Between(autoencoder.Decode(latent), _models.Autoencoder.Decode(latent));

        Assert.True(1 - difference.Cosine <= cosine && difference.RelativeOfMax <= relative, $"{type}: {1 - difference.Cosine:g3}, {difference}");
    }

    [Fact]
    public async Task The_Approximator_is_quantised_only_where_asked()
    {
        const string Layer = "distilled_guidance_layer.layers.0.in_layer.weight";
        string kept = _weights.PathOf("kept.gguf"), all = _weights.PathOf("all.gguf");
        await WeightsFile.QuantizeAsync(
            _weights.Save(), kept, new QuantizeOptions { Type = WeightType.Q8_0 }, cancellationToken: TestContext.Current.CancellationToken);
        await WeightsFile.QuantizeAsync(
            _weights.Save(), all, new QuantizeOptions { Type = WeightType.Q8_0, IncludeApproximator = true }, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal((WeightType.F32, WeightType.Q8_0), (TypeOf(kept, Layer), TypeOf(all, Layer)));
        FloatTensor converted = Velocity(_weights.Save(), WeightType.Q8_0, convertApproximator: true);
        Assert.Equal(Velocity(all).Span.ToArray(), converted.Span.ToArray());
    }

    [Theory]
    [InlineData("F8_E4M3", 0x38, 0x07, 3)] // 1.0 is 0x38; the low three bits are the fraction
    [InlineData("F8_E5M2", 0x3c, 0x03, 2)] // 1.0 is 0x3c; the low two bits are the fraction
    public void Eight_bit_floats_are_read_as_the_numbers_they_are(string type, byte one, byte fraction, int fractionBits)
    {
        // Each matrix holds ±(1 + k/2^bits)/2^e, which eight bits hold exactly: once as float32, once as bytes.
        Random random = new(9);
        Dictionary<string, byte[]> bytes = new(StringComparer.Ordinal);
        foreach ((string name, FloatTensor tensor) in _weights.Tensors.Where(entry => entry.Value.Rank == 2))
        {
            byte[] stored = bytes[name] = new byte[tensor.Length];
            for (int i = 0; i < stored.Length; i++)
            {
                int k = random.Next(fraction + 1), e = random.Next(4, 7);
                bool negative = random.Next(2) == 1;
                stored[i] = (byte)((negative ? 0x80 : 0) | (one - (e << fractionBits) + k));
                tensor.Span[i] = (negative ? -1 : 1) * (1 + ((float)k / (1 << fractionBits))) / (1 << e);
            }
        }

        string path = _weights.PathOf("eight.safetensors");
        RawSafetensors.Save(path, _weights.Tensors.Select(entry => bytes.TryGetValue(entry.Key, out byte[]? data)
            ? (entry.Key, type, entry.Value.Shape.ToArray(), data)
            : (entry.Key, "F32", entry.Value.Shape.ToArray(), System.Runtime.InteropServices.MemoryMarshal.AsBytes(entry.Value.Span).ToArray())));

        Assert.Equal(_exact.Value.Span.ToArray(), Velocity(path, WeightType.F32).Span.ToArray());
        TensorDifference asStored = TensorDifference.Between(Velocity(path), _exact.Value);
        Assert.True(asStored.RelativeOfMax < 0.02, asStored.ToString());
    }

    public void Dispose() => _weights.Dispose();

    private static WeightType TypeOf(string path, string tensor)
    {
        using WeightsFile file = WeightsFile.Open(path);
        return file.Find(tensor)!.Type;
    }

    private FloatTensor Velocity(string path, WeightType type = WeightType.Stored, bool convertApproximator = false)
    {
        using Transformer transformer = Transformer.Load(
            _models.Engine, path, new ModelLoadOptions { Type = type, ConvertApproximator = convertApproximator, RopeAxes = new RopeAxes(16, 56, 56) });
        FloatTensor latent = new(1, 16, 8, 8), context = new(1, 6, 256);
        Random random = new(11);
        foreach (FloatTensor tensor in new[] { latent, context })
        {
            foreach (ref float value in tensor.Span)
            {
                value = (random.NextSingle() * 4) - 2;
            }
        }

        return transformer.Forward(latent, [0.6f], context);
    }
}
