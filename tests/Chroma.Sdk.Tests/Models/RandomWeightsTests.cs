using System.Numerics.Tensors;
using Chroma.Interop;
using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Sdk.Tests.Models;

/// <summary>Checkpoints of random values in memory.</summary>
public sealed class RandomWeightsTests(EngineFixture fixture)
{
    [Fact]
    public void Values_have_the_mean_and_the_deviation_asked_for()
    {
        using WeightsFile weights = WeightsFile.CreateRandom([Matrix("a.weight", WeightType.F32, 300, 512, mean: 2, deviation: 0.5f)], seed: 3);

        float[] values = weights.Read("a.weight").Span.ToArray();
        double mean = values.Average(value => (double)value);
        double deviation = Math.Sqrt(values.Average(value => Math.Pow(value - mean, 2)));
        Assert.InRange(mean, 1.99, 2.01);
        Assert.InRange(deviation, 0.495, 0.505);
    }

    [Fact]
    public void A_deviation_of_zero_gives_the_mean_everywhere()
    {
        using WeightsFile weights = WeightsFile.CreateRandom([new RandomTensor("a.scale", WeightType.F32, [77], 1, 0)], seed: 3);
        Assert.All(weights.Read("a.scale").Span.ToArray(), value => Assert.Equal(1, value));
    }

    [Theory]
    [InlineData(WeightType.F16, 0.9999)]
    [InlineData(WeightType.BF16, 0.9999)]
    [InlineData(WeightType.Q8_0, 0.9999)]
    [InlineData(WeightType.Q4_0, 0.98)]
    [InlineData(WeightType.Q4_K, 0.99)]
    public void Types_differ_by_their_rounding_alone(WeightType type, double cosine)
    {
        using WeightsFile exact = WeightsFile.CreateRandom([Matrix("a.weight", WeightType.F32, 40, 768)], seed: 5);
        using WeightsFile rounded = WeightsFile.CreateRandom([Matrix("b.weight", WeightType.F32, 2, 256), Matrix("a.weight", type, 40, 768)], seed: 5);

        Assert.Equal(type, rounded.Find("a.weight")!.Type);
        Assert.InRange(TensorPrimitives.CosineSimilarity<float>(exact.Read("a.weight").Span, rounded.Read("a.weight").Span), cosine, 1.00001);
    }

    [Fact]
    public void Values_depend_on_the_seed_and_on_the_name()
    {
        using WeightsFile one = WeightsFile.CreateRandom([Matrix("a.weight", WeightType.F32, 2, 64), Matrix("b.weight", WeightType.F32, 2, 64)], seed: 1);
        using WeightsFile again = WeightsFile.CreateRandom([Matrix("a.weight", WeightType.F32, 2, 64)], seed: 1);
        using WeightsFile other = WeightsFile.CreateRandom([Matrix("a.weight", WeightType.F32, 2, 64)], seed: 2);

        float[] values = one.Read("a.weight").Span.ToArray();
        Assert.Equal(values, again.Read("a.weight").Span.ToArray());
        Assert.NotEqual(values, other.Read("a.weight").Span.ToArray());
        Assert.NotEqual(values, one.Read("b.weight").Span.ToArray());
    }

    [Fact]
    public void What_cannot_be_made_is_refused_by_name()
    {
        Refused(new RandomTensor("bad.rows", WeightType.Q8_0, [2, 40], 0, 1), "'bad.rows'", "40");
        Refused(new RandomTensor("bad.type", WeightType.I8, [2, 32], 0, 1), "'bad.type'");
        Refused(new RandomTensor("bad.stored", WeightType.Stored, [2, 32], 0, 1), "'bad.stored'");
        Refused(new RandomTensor("bad.length", WeightType.F32, [2, 0], 0, 1), "'bad.length'", "[2, 0]");
        Refused(new RandomTensor("bad.rank", WeightType.F32, [], 0, 1), "'bad.rank'");
        Refused(new RandomTensor("bad.axes", WeightType.F32, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], 0, 1), "'bad.axes'");
        Refused(new RandomTensor("bad.mean", WeightType.F32, [2], float.NaN, 1), "'bad.mean'");
        Refused(new RandomTensor("bad.deviation", WeightType.F32, [2], 0, -1), "'bad.deviation'");
        Assert.Throws<ArgumentException>(() => WeightsFile.CreateRandom([new RandomTensor("", WeightType.F32, [2], 0, 1)], seed: 1));
        Assert.ThrowsAny<ArgumentException>(() => WeightsFile.CreateRandom([], seed: 1));
    }

    [Fact]
    public void A_model_loads_from_an_open_checkpoint_and_outlives_it()
    {
        TransformerCase stored = new();
        using Transformer fromPath = TinyModels.LoadTransformer(fixture.Engine);
        using WeightsFile file = WeightsFile.Open(TinyModels.TransformerPath);
        using Transformer fromFile = Transformer.Load(fixture.Engine, file, TinyModels.TransformerOptions);
        file.Dispose();

        float[] expected = fromPath.Forward(stored.Latent, stored.Timestep.Span, stored.Context, stored.Mask).Span.ToArray();
        Assert.Equal(expected, fromFile.Forward(stored.Latent, stored.Timestep.Span, stored.Context, stored.Mask).Span.ToArray());
        Assert.Throws<ObjectDisposedException>(() => Transformer.Load(fixture.Engine, file, TinyModels.TransformerOptions));
    }

    [Fact]
    public void An_open_checkpoint_of_another_model_is_refused()
    {
        using WeightsFile file = WeightsFile.Open(TinyModels.TransformerPath);
        ChromaException exception = Assert.Throws<ChromaException>(() => Autoencoder.Load(fixture.Engine, file));
        Assert.Contains("autoencoder", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_profile_says_where_the_time_of_a_run_went()
    {
        TransformerCase stored = new();
        using Transformer transformer = TinyModels.LoadTransformer(fixture.Engine);
        RunProfile profile = new();
        RunOptions options = new() { Profile = profile };
        FloatTensor plain = transformer.Forward(stored.Latent, stored.Timestep.Span, stored.Context, stored.Mask);

        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        FloatTensor profiled = transformer.Forward(stored.Latent, stored.Timestep.Span, stored.Context, stored.Mask, options);
        TimeSpan elapsed = System.Diagnostics.Stopwatch.GetElapsedTime(start);

        Agree.WithinAbsolute(profiled, plain, TransformerCase.Tolerance, "velocity");
        Assert.All((TimeSpan[])[profile.Linear, profile.Attention, profile.Other], time => Assert.True(time > TimeSpan.Zero));
        Assert.Equal(TimeSpan.Zero, profile.Convolution);
        Assert.InRange(profile.Total, TimeSpan.Zero, elapsed);

        using Autoencoder autoencoder = Autoencoder.Load(fixture.Engine, TinyModels.AutoencoderPath);
        autoencoder.Decode(Golden.Floats("layers/autoencoder_decoder.inputs", "latent"), options: options);
        Assert.True(profile.Convolution > profile.Linear, "A decoder has more convolutions than linear layers.");
    }

    private static RandomTensor Matrix(string name, WeightType type, long rows, long columns, float mean = 0, float deviation = 1) =>
        new(name, type, [rows, columns], mean, deviation);

    private static void Refused(RandomTensor tensor, params string[] words)
    {
        ChromaException exception = Assert.Throws<ChromaException>(() => WeightsFile.CreateRandom([tensor], seed: 1));
        Assert.All(words, word => Assert.Contains(word, exception.Message, StringComparison.Ordinal));
    }
}
