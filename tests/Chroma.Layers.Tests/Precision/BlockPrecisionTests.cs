using Chroma.Models;
using Xunit;

namespace Chroma.Layers.Tests.Precision;

/// <summary>
/// Every block of chroma-nano and of the tiny models against float32, in our arithmetic and in ggml's. The figures are the largest 1 - cosine allowed: of
/// what a block makes of the exact input (with weights in half precision 1e-4 would be too much), of what it adds to that, and of what it makes behind
/// the other blocks. They are about twice what was measured, which stands in docs/precision.md.
/// </summary>
public sealed class BlockPrecisionTests(ExactRuns exact, ITestOutputHelper output) : IClassFixture<ExactRuns>
{
    [Theory]
    [InlineData(CpuKernels.OneDnn, WeightType.BF16, 2.5e-5, 3e-5, 6e-5)]
    [InlineData(CpuKernels.OneDnn, WeightType.F16, 2.5e-5, 3e-5, 6e-5)] // multiplied as bf16
    [InlineData(CpuKernels.OneDnn, WeightType.Q8_0, 5e-5, 1.4e-4, 1e-4)]
    [InlineData(CpuKernels.OneDnn, WeightType.Int8, 3e-4, 4e-4, 7e-4)]
    [InlineData(CpuKernels.Ggml, WeightType.F32, 1e-12, 1e-12, 2e-12)]
    [InlineData(CpuKernels.Ggml, WeightType.BF16, 2.5e-5, 3e-5, 6e-5)]
    [InlineData(CpuKernels.Ggml, WeightType.F16, 2e-7, 3e-7, 5e-7)]
    [InlineData(CpuKernels.Ggml, WeightType.Q8_0, 9e-5, 2.6e-4, 2e-4)]
    public void Each_block_of_the_transformers_is_as_exact_as_stated(CpuKernels kernels, WeightType type, double alone, double change, double together)
    {
        using ChromaEngine engine = Open(kernels);
        foreach (TransformerBlocks run in exact.Transformers)
        {
            BlockReport report = run.Run(engine, type);
            Check(report.Alone, alone);
            Check(report.Change, change);
            Check(report.Together, together);
        }
    }

    [Theory]
    [InlineData(CpuKernels.OneDnn, WeightType.BF16, 1e-5, 2e-5, 3e-5)]
    [InlineData(CpuKernels.OneDnn, WeightType.F16, 1e-5, 2e-5, 3e-5)] // multiplied as bf16
    [InlineData(CpuKernels.OneDnn, WeightType.Q8_0, 3e-5, 6e-5, 5e-5)]
    [InlineData(CpuKernels.OneDnn, WeightType.Int8, 1.2e-4, 3e-4, 3e-4)]
    [InlineData(CpuKernels.Ggml, WeightType.F32, 1e-12, 1e-12, 1e-12)]
    [InlineData(CpuKernels.Ggml, WeightType.BF16, 1e-5, 2e-5, 3e-5)]
    [InlineData(CpuKernels.Ggml, WeightType.F16, 1.5e-7, 3e-7, 3e-7)]
    [InlineData(CpuKernels.Ggml, WeightType.Q8_0, 6e-5, 1e-4, 8e-5)]
    public async Task Each_block_of_the_text_encoders_is_as_exact_as_stated(CpuKernels kernels, WeightType type, double alone, double change, double together)
    {
        using ChromaEngine engine = Open(kernels);
        foreach (TextEncoderBlocks run in exact.TextEncoders)
        {
            BlockReport report = await run.RunAsync(engine, type);
            Check(report.Together, together);
            Check(report.Alone, alone);
            Check(report.Change, change);
        }
    }

    [Theory]
    [InlineData(CpuKernels.OneDnn, WeightType.BF16, 6e-5, 1.5e-4)]
    [InlineData(CpuKernels.OneDnn, WeightType.F16, 6e-5, 1.5e-4)] // multiplied as bf16
    [InlineData(CpuKernels.Ggml, WeightType.F16, 1e-6, 1.5e-6)] // BF16 it multiplies as float32, and no other type is one of convolutions
    public void Each_block_of_the_decoders_is_as_exact_as_stated(CpuKernels kernels, WeightType type, double alone, double together)
    {
        using ChromaEngine engine = Open(kernels);
        foreach (DecoderBlocks run in exact.Decoders)
        {
            BlockReport report = run.Run(engine, type);
            Check(report.Alone, alone);
            Check(report.Together, together);
        }
    }

    private ChromaEngine Open(CpuKernels kernels)
    {
        Assert.SkipWhen(kernels == CpuKernels.OneDnn && !exact.HasOneDnn, "This native library has no oneDNN.");
        return ExactRuns.Open(kernels);
    }

    private void Check(BlockErrors errors, double limit)
    {
        output.WriteLine(errors.ToString());
        errors.AssertAtMost(limit);
    }
}
