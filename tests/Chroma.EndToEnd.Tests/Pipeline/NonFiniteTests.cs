using Chroma.Noise;
using Chroma.Sampling;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Pipeline;

/// <summary>A value that is no number is an error that says where it came from, and never a black picture.</summary>
public sealed class NonFiniteTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public async Task One_damaged_weight_names_the_part_its_file_and_the_step(float damage)
    {
        ChromaModelFiles files = TinyModel.Files;
        const string Norm = "encoder.final_layer_norm.weight", Input = "img_in.weight", Convolution = "decoder.conv_in.weight";
        (ChromaModelFiles Files, string Damaged, string Tensor, string Step)[] cases =
        [
            (files with { TextEncoder = Damaged(files.TextEncoder, Norm, damage) }, "t5.safetensors", Norm, ""),
            (files with { Transformer = Damaged(files.Transformer, Input, damage) }, "chroma.safetensors", Input, "step 1 of 3"),
            (files with { Autoencoder = Damaged(files.Autoencoder, Convolution, damage) }, "ae.safetensors", Convolution, ""),
        ];
        foreach ((ChromaModelFiles broken, string damaged, string tensor, string step) in cases)
        {
            using ChromaPipeline pipeline = await ChromaPipeline.LoadAsync(broken, TinyModel.Options);

            ChromaException error = await Assert.ThrowsAsync<ChromaException>(() => pipeline.GenerateAsync("a", TinyModel.Quick));

            Assert.Contains(damaged, error.Message, StringComparison.Ordinal);
            Assert.Contains(step, error.Message, StringComparison.Ordinal);
            Assert.Contains("damaged", error.Message, StringComparison.Ordinal);
            Assert.Contains($"'{tensor}'", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public async Task A_sampler_that_makes_one_is_named_with_the_step(float value)
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();

        async Task<string> Fail(Action<SamplerRun> sample) => (await Assert.ThrowsAsync<ArgumentException>(
            nameof(GenerationOptions.Sampler), () => pipeline.GenerateAsync("a", TinyModel.Quick with { Sampler = new UserSampler(sample) }))).Message;

        string between = await Fail(run =>
        {
            float[] guess = run.NewBuffer();
            run.EvaluateStep(0, run.X.Span, run.Sigmas[0], guess);
            run.X.Span[3] = value;
            run.EvaluateStep(1, run.X.Span, run.Sigmas[1], guess);
        });
        Assert.Contains("step 2 of 3", between, StringComparison.Ordinal);
        Assert.Contains("'users'", between, StringComparison.Ordinal);

        string end = await Fail(run =>
        {
            run.Evaluate(run.X.Span, 1, run.NewBuffer());
            run.X.Span[^1] = value;
        });
        Assert.Contains("step 3 of 3", end, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Noise_that_is_none_is_named_in_the_middle_too()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        int streams = 0;
        GenerationOptions options = TinyModel.Quick with
        {
            Sampler = Samplers.BuiltIn.Create("euler_ancestral"),
            Noise = seed => streams++ == 0 ? new TorchNoise((long)seed) : new UserNoise(to => to.Fill(float.NaN)),
        };

        await Assert.ThrowsAsync<ArgumentException>(nameof(GenerationOptions.Noise), () => pipeline.GenerateAsync("a", options));
    }

    /// <summary>A copy of a checkpoint with one value of one tensor replaced.</summary>
    private string Damaged(string path, string tensor, float value)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        SafetensorsWriter writer = new();
        foreach (SafetensorsTensor stored in file.Tensors)
        {
            FloatTensor values = file.ReadFloats(stored.Name);
            if (stored.Name == tensor)
            {
                values.Span[0] = value;
            }

            writer.Add(stored.Name, values);
        }

        Assert.True(file.Contains(tensor));
        string copy = _folder.File(Path.GetFileName(path));
        writer.Save(copy);
        return copy;
    }
}
