using Chroma.Noise;
using Chroma.Testing;
using Xunit;

namespace Chroma.Sdk.Tests.Noise;

public sealed class PhiloxNoiseTests
{
    /// <summary>The known answers that come with Random123 (kat_vectors, philox4x32 with 10 rounds).</summary>
    [Fact]
    public void The_rounds_give_the_known_answers_of_Random123()
    {
        const uint ones = uint.MaxValue;
        Assert.Equal((0x6627E8D5u, 0xE169C58Du, 0xBC57AC4Cu, 0x9B00DBD8u), Philox.Bits(0, 0, 0, 0, 0));
        Assert.Equal((0x408F276Du, 0x41C83B0Eu, 0xA20BC7C6u, 0x6D5451FDu), Philox.Bits(ones, ones, ones, ones, ulong.MaxValue));
        Assert.Equal(
            (0xD16CFE09u, 0x94FDCCEBu, 0x5001E420u, 0x24126EA1u),
            Philox.Bits(0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0x299F31D0A4093822));
    }

    /// <summary>The numbers that stable-diffusion-webui's rng_philox.py documents for seed 0.</summary>
    [Fact]
    public void The_numbers_are_those_of_PyTorch_on_CUDA()
    {
        float[] expected =
        [
            -0.92466259f, -0.42534415f, -2.6438457f, 0.14518388f, -0.12086647f, -0.57972564f,
            -0.62285122f, -0.32838709f, -1.07454231f, -0.36314407f, -1.67105067f, 2.26550497f,
        ];
        Agree.WithinAbsolute(new PhiloxNoise(0).Draw(3, 4).Span, expected, 3e-7, "seed 0");
    }

    [Fact]
    public void Each_number_can_be_had_alone_and_a_second_draw_is_another()
    {
        PhiloxNoise generator = new(-3);
        float[] first = generator.Draw(100).Span.ToArray();
        float[] second = generator.Draw(100).Span.ToArray();
        Assert.Empty(first.Intersect(second));
        for (uint i = 0; i < 100; i++)
        {
            Assert.Equal(first[i], PhiloxNoise.At(-3, 0, i));
            Assert.Equal(second[i], PhiloxNoise.At(-3, 1, i));
        }
    }

    [Fact]
    public void The_upper_half_of_the_seed_counts() =>
        Assert.NotEqual(new PhiloxNoise(1).Draw(4).Span.ToArray(), new PhiloxNoise((1L << 32) + 1).Draw(4).Span.ToArray());

    [Fact]
    public void The_numbers_are_standard_normal()
    {
        float[] noise = new PhiloxNoise(9).Draw(100_000).Span.ToArray();
        Assert.Equal(0, noise.Average(), 0.01);
        Assert.Equal(1, noise.Average(value => value * value), 0.02);
    }

    [Fact]
    public void Generators_are_found_by_name_and_an_unknown_one_is_answered_with_the_names()
    {
        Assert.IsType<PhiloxNoise>(NoiseGenerators.Create("Philox", 1));
        Assert.All(NoiseGenerators.Names, name => Assert.NotNull(NoiseGenerators.Create(name, 1)));
        var exception = Assert.Throws<ArgumentException>(() => NoiseGenerators.Create("perlin", 1));
        Assert.Equal("There is no noise generator 'perlin'; the generators are torch, philox.", exception.Message);
    }
}
