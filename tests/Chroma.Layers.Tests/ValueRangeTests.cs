using System.Runtime.InteropServices;
using Chroma.Models;
using Chroma.Testing;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>Weights that the type asked for cannot hold are refused by the conversion itself, while loading and into a file alike.</summary>
public sealed class ValueRangeTests(StoredModels models) : IDisposable
{
    private const string Matrix = "double_blocks.0.img_attn.proj.weight";

    private readonly DummyWeights _weights =
        DummyWeights.Transformer(hidden: 256, mlp: 512, context: 16, approximatorInputs: 64, approximator: 64, heads: 4).Randomize(5);

    public void Dispose() => _weights.Dispose();

    [Theory]
    [InlineData(WeightType.F16, 70000f, "70000", "bf16")]
    [InlineData(WeightType.F16, -65520f, "-65520", "bf16")]
    [InlineData(WeightType.BF16, 3.4e38f, "3.4e+38", "f32")]
    [InlineData(WeightType.Q8_0, 1e7f, "1e+07", "bf16")] // a block's scale is its largest value / 127, in half precision
    [InlineData(WeightType.Q5_0, -2e6f, "-2e+06", "bf16")]
    [InlineData(WeightType.Q4_0, 1e6f, "1e+06", "bf16")]
    [InlineData(WeightType.Q4_1, 1e6f, "1e+06", "bf16")]
    [InlineData(WeightType.Q6_K, 1e9f, "1e+09", "bf16")]
    [InlineData(WeightType.Q4_K, 1e8f, "1e+08", "bf16")]
    [InlineData(WeightType.Q2_K, 3e38f, "3e+38", "bf16")]
    public async Task A_value_that_is_too_large_is_refused_by_name(WeightType type, float value, string said, string instead)
    {
        _weights[Matrix].Span[1000] = value;

        await AssertRefusedAsync(type, ChromaErrorKind.InvalidArgument, Matrix, said, type.ToName(), instead);
    }

    [Theory]
    [InlineData(WeightType.F16, 65519f)] // rounds to the largest
    [InlineData(WeightType.BF16, 3.38e38f)]
    [InlineData(WeightType.Q8_0, 8e6f)]
    [InlineData(WeightType.Q4_0, 5e5f)]
    [InlineData(WeightType.Q6_K, 6e4f)]
    public void A_value_that_is_just_small_enough_is_taken(WeightType type, float value)
    {
        _weights[Matrix].Span[1000] = value;

        using Transformer transformer = Load(type);
    }

    [Theory]
    [InlineData(WeightType.F32, float.NaN)]
    [InlineData(WeightType.F16, float.NaN)]
    [InlineData(WeightType.F16, float.PositiveInfinity)]
    [InlineData(WeightType.BF16, float.NegativeInfinity)]
    [InlineData(WeightType.Q8_0, float.NaN)]
    [InlineData(WeightType.Q3_K, float.PositiveInfinity)]
    public async Task A_value_that_is_none_is_refused_by_name(WeightType type, float value)
    {
        _weights[Matrix].Span[1000] = value;
        string stored = _weights.Save();
        if (type == WeightType.F32)
        {
            RawSafetensors.Save(stored, _weights.Tensors.Select(entry => (
                entry.Key, "F64", entry.Value.Shape.ToArray(), MemoryMarshal.AsBytes(Array.ConvertAll(entry.Value.Span.ToArray(), x => (double)x).AsSpan()).ToArray())));
            Assert.Equal(ChromaErrorKind.Format, Assert.Throws<ChromaException>(() => Open(stored, WeightType.Stored)).Kind);
            return;
        }

        await AssertRefusedAsync(type, ChromaErrorKind.Format, Matrix, "infinite or undefined", type.ToName());
    }

    [Fact]
    public void A_number_of_float64_that_float32_has_no_room_for_is_refused_by_name()
    {
        string path = _weights.PathOf("double.safetensors");
        RawSafetensors.Save(path, _weights.Tensors.Select(entry =>
        {
            double[] values = Array.ConvertAll(entry.Value.Span.ToArray(), x => (double)x);
            values[^1] = entry.Key == Matrix ? -1e300 : values[^1];
            return (entry.Key, "F64", entry.Value.Shape.ToArray(), MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        }));

        ChromaException error = Assert.Throws<ChromaException>(() => Open(path, WeightType.Stored));

        Assert.Equal(ChromaErrorKind.InvalidArgument, error.Kind);
        Assert.Contains(Matrix, error.Message, StringComparison.Ordinal);
        Assert.Contains("-1e+300", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Int8_rows_whose_rotation_overflows_are_refused_by_name()
    {
        _weights[Matrix].Span[..256].Fill(3e38f);

        string output = _weights.PathOf("int8.gguf");
        ChromaException error = await Assert.ThrowsAsync<ChromaException>(() => QuantizeAsync(output, WeightType.Int8));

        Assert.Equal(ChromaErrorKind.InvalidArgument, error.Kind);
        Assert.Contains(Matrix, error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(output));
    }

    [Theory]
    [InlineData(WeightType.F16)]
    [InlineData(WeightType.Q4_K)]
    [InlineData(WeightType.Q8_0)]
    public void Random_weights_are_refused_that_their_type_can_not_hold(WeightType type)
    {
        ChromaException error = Assert.Throws<ChromaException>(() => WeightsFile.CreateRandom([new RandomTensor("a", type, [256, 256], 0, 3e38f)], 1));

        Assert.Equal(ChromaErrorKind.InvalidArgument, error.Kind);
        Assert.Contains("'a'", error.Message, StringComparison.Ordinal);
    }

    private async Task AssertRefusedAsync(WeightType type, ChromaErrorKind kind, params string[] parts)
    {
        string output = _weights.PathOf("output.gguf");
        ChromaException[] errors =
        [
            Assert.Throws<ChromaException>(() => Load(type)),
            await Assert.ThrowsAsync<ChromaException>(() => QuantizeAsync(output, type)),
        ];
        Assert.All(errors, error => Assert.Equal(kind, error.Kind));
        Assert.All(errors, error => Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal)));
        Assert.False(File.Exists(output));
    }

    private Task QuantizeAsync(string output, WeightType type) => WeightsFile.QuantizeAsync(
        _weights.Save(), output, new QuantizeOptions { Type = type }, cancellationToken: TestContext.Current.CancellationToken);

    private Transformer Load(WeightType type) => Open(_weights.Save(), type);

    private Transformer Open(string path, WeightType type) =>
        Transformer.Load(models.Engine, path, new ModelLoadOptions { Type = type, RopeAxes = new RopeAxes(0, 64, 0) });
}
