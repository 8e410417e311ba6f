using System.Text.Json;
using Chroma.Noise;
using Chroma.Tensors;
using Chroma.Testing;
using CsCheck;
using Xunit;

namespace Chroma.Sdk.Tests.Noise;

public sealed class TorchNoiseTests
{
    public static TheoryData<int> Cases => [.. Enumerable.Range(0, ReadCases().Count)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_stored_stream_of_PyTorch_is_reproduced_bit_for_bit(int index)
    {
        RandnCase stored = ReadCases()[index];
        TorchNoise generator = new(stored.Seed);
        FloatTensor noise = generator.Draw(stored.Shape);
        Assert.Equal(stored.Shape, noise.Shape.ToArray());
        Assert.Equal(stored.First, noise.Span[..stored.First.Length].ToArray());
        Assert.Equal(stored.Last, noise.Span[^stored.Last.Length..].ToArray());
        Assert.Equal(stored.SecondDraw, generator.Draw(stored.SecondDraw.Length).Span.ToArray());

        double sum = 0, squares = 0;
        foreach (float value in noise.Span)
        {
            sum += value;
            squares += (double)value * value;
        }

        Assert.Equal(stored.Sum, sum, 1e-9 * noise.Length);
        Assert.Equal(stored.SumOfSquares, squares, 1e-9 * squares);
    }

    [Fact]
    public void A_draw_shorter_than_sixteen_leaves_the_second_of_a_pair_for_the_next()
    {
        float[] whole = new TorchNoise(7).Draw(15).Span.ToArray();
        TorchNoise generator = new(7);
        float[] parts = [.. generator.Draw(3).Span, .. generator.Draw(5).Span, .. generator.Draw(7).Span];
        Assert.Equal(whole, parts);
    }

    [Fact]
    public void The_low_32_bits_of_the_seed_are_the_seed()
    {
        float[] expected = new TorchNoise(5).Draw(32).Span.ToArray();
        Assert.Equal(expected, new TorchNoise((1L << 32) + 5).Draw(32).Span.ToArray());
        Assert.Equal(new TorchNoise(-1).Draw(32).Span.ToArray(), new TorchNoise(uint.MaxValue).Draw(32).Span.ToArray());
        Assert.NotEqual(expected, new TorchNoise(6).Draw(32).Span.ToArray());
    }

    [Fact]
    public void Nothing_is_drawn_for_an_empty_shape()
    {
        TorchNoise generator = new(1);
        Assert.Equal(0, generator.Draw(4, 0).Length);
        Assert.Equal(new TorchNoise(1).Draw(20).Span.ToArray(), generator.Draw(20).Span.ToArray());
    }

    [Fact]
    public void Any_length_is_filled_with_finite_numbers_that_the_seed_determines() =>
        Gen.Select(Gen.Long, Gen.Int[1, 100]).Sample(
            (seed, length) =>
            {
                float[] noise = new TorchNoise(seed).Draw(length).Span.ToArray();
                Assert.All(noise, value => Assert.True(float.IsFinite(value)));
                Assert.Equal(noise, new TorchNoise(seed).Draw(length).Span.ToArray());
                Assert.Equal(length, noise.Length);
            },
            iter: 300);

    [Fact]
    public void The_numbers_are_standard_normal()
    {
        float[] noise = new TorchNoise(123).Draw(100_000).Span.ToArray();
        Assert.Equal(0, noise.Average(), 0.01);
        Assert.Equal(1, noise.Average(value => value * value), 0.02);
        Assert.Equal(0.6827, noise.Count(value => MathF.Abs(value) < 1) / 100_000.0, 0.005);
    }

    [Fact]
    public void The_twister_gives_the_numbers_of_its_reference_implementation()
    {
        // The ten-thousandth number of the seed 5489, as the C++ standard demands of std::mt19937.
        MersenneTwister twister = new(5489);
        Assert.Equal(3499211612u, twister.NextUInt32());
        for (int i = 2; i < 10_000; i++)
        {
            _ = twister.NextUInt32();
        }

        Assert.Equal(4123659995u, twister.NextUInt32());
    }

    private static List<RandnCase> ReadCases()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Golden.PathOf("11_torch_randn.json")));
        return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(RandnCase.Read)];
    }

    private sealed record RandnCase(long Seed, int[] Shape, float[] First, float[] Last, float[] SecondDraw, double Sum, double SumOfSquares)
    {
        public static RandnCase Read(JsonElement json) => new(
            json.GetProperty("seed").GetInt64(),
            [.. json.GetProperty("shape").EnumerateArray().Select(length => length.GetInt32())],
            Floats(json.GetProperty("first")),
            Floats(json.GetProperty("last")),
            Floats(json.GetProperty("second_draw")),
            json.GetProperty("sum").GetDouble(),
            json.GetProperty("sumsq").GetDouble());

        private static float[] Floats(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetSingle())];
    }
}
