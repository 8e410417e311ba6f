using Chroma.Imaging;
using Chroma.Models;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Cli;

/// <summary>No option is accepted and then ignored: it has an effect, or it is refused.</summary>
public sealed class OptionPairTests : IDisposable
{
    private static readonly string[] _small = ["--steps", "2", "--width", "32", "--height", "32", "--seed", "5"];

    private readonly TemporaryFolder _folder = new();

    private string Output => _folder.File("out.png");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--negative-prompt has no effect", "--guidance", "1", "--negative-prompt", "dog")]
    [InlineData("--negative-prompt has no effect", "--preset", "flash", "-n", "dog")]
    [InlineData("--shift and --mu", "--shift", "3", "--mu", "1")]
    [InlineData("--shift has no effect", "--scheduler", "optimal_steps", "--shift", "3")]
    [InlineData("--mu has no effect", "--scheduler", "optimal_steps", "--mu", "1")]
    [InlineData("--shift has no effect", "--scheduler", "linear_quadratic", "--shift", "3")]
    [InlineData("--mu has no effect", "--scheduler", "Linear Quadratic", "--mu", "1")]
    [InlineData("--mu has no effect", "--sampler", "Euler optimal_steps", "--mu", "1")]
    [InlineData("names the scheduler karras too", "--sampler", "DPM++ 2M Karras", "--scheduler", "simple")]
    [InlineData("given 2 times", "--guidance", "2", "--guidance", "3")]
    [InlineData("given 2 times", "--cache", "0.1", "--cache", "0.1")]
    [InlineData("given 2 times", "-n", "a", "--negative-prompt", "b")]
    [InlineData("--model names a folder", "--model", "m", "--transformer", "t")]
    [InlineData("go together", "--transformer", "t", "--autoencoder", "a")]
    public async Task Generate_refuses_what_would_be_ignored(string words, params string[] options)
    {
        (await CliRun.Of(["generate", "-p", "cat", "-o", Output, .. _small, .. options])).Misused(words);
        Assert.False(File.Exists(Output));
    }

    [Theory]
    [InlineData("--shift", "3", "--scheduler", "linear_quadratic", "--sampler", "er_sde")] // the sampler uses it
    [InlineData("--guidance", "1", "-n", "")]
    [InlineData("--sampler", "DPM++ 2M Karras", "--scheduler", "karras")]
    public async Task Generate_takes_what_has_an_effect_after_all(params string[] options) =>
        (await CliRun.Of(["generate", "-p", "cat", "-o", Output, .. _small, .. options])).Fine();

    [Fact]
    public async Task A_tokenizer_beside_a_folder_is_used()
    {
        string missing = _folder.File("none.json");
        (await CliRun.Of(["generate", "-p", "cat", "-o", Output, .. _small, "--model", ChromaNano.Folder, "--tokenizer", missing])).Failed(missing);
        (await CliRun.Of(["generate", "-p", "cat", "-o", Output, .. _small, "--tokenizer", missing])).Failed(missing);

        (await CliRun.Of(["generate", "-p", "cat", "-o", Output, .. _small])).Fine();
        byte[] own = ChromaImage.Load(Output).Pixels.ToArray();
        (await CliRun.Of(["generate", "-p", "cat", "-o", Output, .. _small, "--tokenizer", Golden.PathOf("tiny_tokenizer/tokenizer.json")])).Fine();
        Assert.NotEqual(own, ChromaImage.Load(Output).Pixels.ToArray());

        (await CliRun.Of(["generate", "-p", "cat", "-o", Output, .. _small, "--tokenizer", Directory.GetFiles(ChromaNano.Folder, "*t5*")[0]])).Fine();
        Assert.Equal(own, ChromaImage.Load(Output).Pixels.ToArray());
    }

    [Fact]
    public async Task A_folders_own_options_hold_with_another_tokenizer()
    {
        ChromaModelFiles files = ChromaModelFiles.FromFolder(ChromaNano.Folder);
        using ChromaPipeline pipeline = await ChromaPipeline.LoadAsync(files with { Tokenizer = files.TextEncoder });

        Assert.Equal((128, 2.5f), (pipeline.DefaultOptions.Width, pipeline.DefaultOptions.Guidance));
    }

    [Fact]
    public async Task A_name_with_a_scheduler_sets_both()
    {
        (await CliRun.Of(["generate", "-p", "cat", "-o", Output, .. _small, "--sampler", "DPM++ 2M Karras"])).Fine();

        GenerationParameters drawn = ChromaImage.Load(Output).Parameters!;
        Assert.Equal(("dpmpp_2m", "karras"), (drawn.Sampler, drawn.Scheduler));
    }

    [Fact]
    public async Task Cut_prompts_are_told_with_both_numbers()
    {
        string text = string.Concat(Enumerable.Repeat("red circle ", 300));
        CliRun run = (await CliRun.Of(["generate", "-p", text, "-n", text + "dog", "-o", Output, .. _small])).Fine();
        Assert.Equal(2, run.Error.TrimEnd('\n').Split('\n').Length);
        Assert.Matches(@"^The prompt has 6\d\d tokens, of which the first 512 are used; --max-tokens 6\d\d takes them all\.\n", run.Error);
        Assert.Matches(@"\nThe negative prompt has 6\d\d tokens, of which the first 512 are used", run.Error);
        byte[] cut = ChromaImage.Load(Output).Pixels.ToArray();

        run = (await CliRun.Of(["generate", "-p", text, "-n", text + "dog", "-o", Output, .. _small, "--max-tokens", "4096"])).Fine();
        Assert.Empty(run.Error);
        Assert.NotEqual(cut, ChromaImage.Load(Output).Pixels.ToArray());

        // At a guidance of 1 the negative prompt is not read, so nothing of it is missing.
        Assert.Single((await CliRun.Of(["generate", "-p", text, "-o", Output, .. _small, "--guidance", "1"])).Fine().Error.TrimEnd('\n').Split('\n'));
    }

    [Theory]
    [InlineData("--rope-axes", "16,56,56", "text-encoder")]
    [InlineData("--rope-axes", "16,56,56", "autoencoder-decoder")]
    [InlineData("--text-mask", "key", "transformer")]
    [InlineData("--text-mask", "none", "autoencoder-encoder")]
    [InlineData("--type", "q8_0", "autoencoder-encoder")]
    [InlineData("--type", "int8", "autoencoder-decoder")]
    public async Task Layers_refuses_what_its_component_does_not_use(string option, string value, string component) =>
        (await CliRun.Of("layers", "--component", component, "--weights", "w", "--inputs", "i", "--output", "o", option, value)).Misused(option, "no effect", component);

    [Theory]
    [InlineData("--size", "--only", "text-encoder", "--size", "256")]
    [InlineData("--type", "--only", "autoencoder", "--type", "q8_0")]
    [InlineData("--double", "--only", "autoencoder,text-encoder", "--double", "1")]
    [InlineData("--text-tokens", "--only", "text-encoder", "--text-tokens", "5")]
    [InlineData("--t5-layers", "--only", "forward", "--t5-layers", "2")]
    [InlineData("--t5-layers", "--size", "256", "--t5-layers", "2")]
    [InlineData("ggml has no int8", "--type", "int8", "--backend", "ggml")]
    [InlineData("ggml has no int8", "--type", "int8", "--backend", "chroma,ggml")]
    [InlineData("given 2 times", "--runs", "1", "--runs", "2")]
    public async Task Bench_refuses_what_its_parts_do_not_use(string words, params string[] options) => (await CliRun.Of(["bench", .. options])).Misused(words);

    [Theory]
    [InlineData("optimal_steps", "--mu", "1")]
    [InlineData("linear_quadratic", "--shift", "3")]
    [InlineData("linear_quadratic", "--image-tokens", "64")]
    public async Task Sigmas_refuses_shifts_of_fixed_levels(string scheduler, string option, string value) =>
        (await CliRun.Of("sigmas", "--scheduler", scheduler, "--steps", "4", option, value)).Misused(option, "no effect");

    [Fact]
    public async Task Sample_takes_no_scheduler() => (await CliRun.Of(
        "sample", "--sampler", "DPM++ 2M Karras", "--sigmas", "1,0.5,0", "--inputs", "i", "--output", "o")).Misused("karras", "--sigmas");

    [Fact]
    public async Task Quantize_refuses_what_it_would_ignore()
    {
        string output = _folder.File("out.gguf");
        (await CliRun.Of("quantize", TinyModels.TextEncoderPath, output, "--type", "f16", "--include-approximator")).Misused("--include-approximator", "T5Encoder");
        (await CliRun.Of("quantize", TinyModels.TransformerPath, output, "--type", "int8", "--include-approximator")).Misused("--include-approximator", "int8");
        (await CliRun.Of("quantize", TinyModel.Files.Autoencoder, output, "--type", "q8_0")).Misused("autoencoder", "f16");
        (await CliRun.Of("quantize", TinyModels.TransformerPath, _folder.File("out.bin"), "--type", "f16")).Misused("out.bin", ".gguf or .safetensors");
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData("Q5_0", "")]
    [InlineData("half", "")]
    [InlineData("Q4_K_M", "'Q4_K_M' is a mixture of types, which is not made here: its matrices become q4_k.\n")]
    public async Task Quantize_takes_the_names_that_types_have_elsewhere(string name, string error)
    {
        string output = _folder.File("out.gguf");

        Assert.Equal(error, (await CliRun.Of("quantize", TinyModels.TextEncoderPath, output, "--type", name)).Fine().Error);
        Assert.True(File.Exists(output));
    }
}
