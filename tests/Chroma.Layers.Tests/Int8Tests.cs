using Chroma.Interop;
using Chroma.Models;
using Chroma.Tensors;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>int8 rows of weights and activations, made while loading and multiplied by oneDNN.</summary>
public sealed class Int8Tests(StoredModels models) : IDisposable
{
    private readonly DummyWeights _weights = DummyWeights
        .Transformer(hidden: 256, mlp: 512, context: 256, approximatorInputs: 64, approximator: 64, heads: 2).Randomize(5);

    [Fact]
    public void Int8_is_as_exact_as_stated()
    {
        SkipWithoutOneDnn();

        TensorDifference difference = TensorDifference.Between(Velocity(models.Engine, WeightType.Int8), Velocity(models.Engine, WeightType.F32));

        Assert.True(1 - difference.Cosine <= 4e-4 && difference.RelativeOfMax <= 0.04, $"{1 - difference.Cosine:g3}, {difference}");
        Assert.True(difference.MaxAbsolute > 0, "int8 changed nothing, so it was not used.");
    }

    [Fact]
    public void Int8_gives_the_same_bits_for_any_number_of_threads()
    {
        SkipWithoutOneDnn();
        using ChromaEngine alone = new(new ChromaEngineOptions { Threads = 1 });
        using ChromaEngine three = new(new ChromaEngineOptions { Threads = 3 });

        Assert.Equal(Velocity(alone, WeightType.Int8).Span.ToArray(), Velocity(three, WeightType.Int8).Span.ToArray());
    }

    [Fact]
    public void A_rotation_keeps_one_large_weight_from_costing_all_others_their_precision()
    {
        SkipWithoutOneDnn();
        FloatTensor matrix = _weights.Tensors.First(entry => entry.Key == "single_blocks.0.linear1.weight").Value;
        for (int row = 0; row < matrix.Shape[0]; row++)
        {
            matrix.Span[row * (int)matrix.Shape[1]] *= 30; // unrotated, a step would be 30 times as wide: 1 - cosine near 0.1
        }

        TensorDifference difference = TensorDifference.Between(Velocity(models.Engine, WeightType.Int8), Velocity(models.Engine, WeightType.F32));

        Assert.True(1 - difference.Cosine <= 2e-3, $"{1 - difference.Cosine:g3}, {difference}");
    }

    [Fact]
    public void Ggmls_own_kernels_refuse_int8_by_name()
    {
        using ChromaEngine ggml = new(new ChromaEngineOptions { Device = "cpu", Kernels = CpuKernels.Ggml });

        ChromaException refused = Assert.Throws<ChromaException>(() => Velocity(ggml, WeightType.Int8));

        Assert.Equal(ChromaErrorKind.Unsupported, refused.Kind);
        Assert.Contains("can't be loaded as int8: that needs a build with oneDNN", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _weights.Dispose();

    private void SkipWithoutOneDnn() =>
        Assert.SkipUnless(models.Engine.Description.Contains("oneDNN", StringComparison.Ordinal), "This native library has no oneDNN.");

    private FloatTensor Velocity(ChromaEngine engine, WeightType type)
    {
        using Transformer transformer = Transformer.Load(engine, _weights.Save(), new ModelLoadOptions { Type = type });
        FloatTensor latent = new(1, 16, 8, 8), context = new(1, 6, 256);
        for (int i = 0; i < latent.Length; i++)
        {
            latent.Span[i] = MathF.Sin(i * 0.7f);
        }

        for (int i = 0; i < context.Length; i++)
        {
            context.Span[i] = MathF.Cos(i * 0.3f);
        }

        return transformer.Forward(latent, [0.5f], context);
    }
}
