using Chroma.Cli.Bench;
using Chroma.Models;
using Xunit;

namespace Chroma.EndToEnd.Tests;

/// <summary>Blocks follow each other, so what one needs while it computes is the next one's too.</summary>
public sealed class ScratchMemoryTests
{
    private const int Hidden = 768;
    private const int Tokens = 512;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_transformer_takes_no_more_scratch_memory_for_more_blocks(int samples)
    {
        LatentSize latent = new(samples, 64, 64);
        Assert.InRange(OfTransformer(new(Hidden, 4, 8, 1), latent), 1, 1.1 * OfTransformer(new(Hidden, 1, 1, 1), latent));
    }

    [Fact]
    public void The_text_encoder_takes_no_more_scratch_memory_for_more_blocks() =>
        Assert.InRange(OfTextEncoder(new(Hidden, 1, 1, 8)), 1, 1.1 * OfTextEncoder(new(Hidden, 1, 1, 1)));

    private static long OfTransformer(BenchSizes sizes, LatentSize latent)
    {
        using ChromaEngine engine = BackendNames.Open(BenchBackend.Chroma, threads: 0);
        using WeightsFile weights = WeightsFile.CreateRandom(TransformerBlueprint.Tensors(sizes, WeightType.Q4_0), seed: 1);
        using Transformer transformer = Transformer.Load(engine, weights);
        return transformer.Plan(latent, 8).ComputeBytes;
    }

    private static long OfTextEncoder(BenchSizes sizes)
    {
        using ChromaEngine engine = BackendNames.Open(BenchBackend.Chroma, threads: 0);
        using WeightsFile weights = WeightsFile.CreateRandom(TextEncoderBlueprint.Tensors(sizes, WeightType.Q4_0), seed: 1);
        using TextEncoder encoder = TextEncoder.Load(engine, weights);
        return encoder.Plan(1, Tokens).ComputeBytes;
    }
}
