using Chroma.Imaging;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Cli;

/// <summary><c>chroma generate --from</c>.</summary>
public sealed class GenerateFromTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("png")]
    [InlineData("jpg")]
    [InlineData("webp")]
    public async Task A_picture_is_drawn_again_to_the_last_byte(string format)
    {
        string first = _folder.File($"first.{format}"), again = _folder.File($"again.{format}");
        (await CliRun.Of(
            "generate", "-p", "a \"red\" circle, Steps: 7", "-n", "blue", "-o", first, "--steps", "2", "--width", "50", "--height", "40", "--seed", "12345678901", "--shift", "1.5",
            "--sampler", "ddim", "--scheduler", "simple", "--guidance", "2.3", "--text-mask", "none", "--padding-tokens", "3", "--type", "q8_0", "--cache", "0.1", "--max-tokens", "600")).Fine();

        CliRun run = (await CliRun.Of("generate", "--from", first, "-o", again)).Fine();

        Assert.Equal("", run.Error);
        Assert.Equal(await File.ReadAllBytesAsync(first), await File.ReadAllBytesAsync(again));
    }

    [Fact]
    public async Task Options_change_what_the_picture_says()
    {
        string first = _folder.File("first.png"), second = _folder.File("second.png"), direct = _folder.File("direct.png");
        string[] common = ["--width", "32", "--height", "32", "--seed", "5"];
        (await CliRun.Of(["generate", "-p", "a red circle", "-o", first, "--steps", "2", "--scheduler", "beta", "--mu", "1", .. common])).Fine();
        (await CliRun.Of(["generate", "-p", "a green square", "-o", direct, "--steps", "3", "--scheduler", "beta", "--shift", "2", "--sampler", "heun", .. common])).Fine();

        (await CliRun.Of("generate", "--from", first, "-p", "a green square", "-o", second, "--steps", "3", "--shift", "2", "--sampler", "heun")).Fine();

        Assert.Equal(await File.ReadAllBytesAsync(direct), await File.ReadAllBytesAsync(second));
    }

    [Fact]
    public async Task What_a_picture_of_another_program_says_is_used_and_the_rest_is_named()
    {
        string foreign = _folder.File("foreign.png"), output = _folder.File("out.png");
        new ChromaImage(2, 2, new byte[12])
        {
            Parameters = GenerationParameters.Parse(
                "a red circle\nSteps: 2, Sampler: euler, CFG scale: 2, Seed: 9, Size: 40x32, Model: other, Clip skip: 2, Lora hashes: \"a: 1, b: 2\", Version: v1.10.1"),
        }.Save(foreign);

        CliRun run = (await CliRun.Of("generate", "--from", foreign, "-o", output)).Fine();

        Assert.Equal(
            $"Not used of '{foreign}': Clip skip, Lora hashes.\n'{foreign}' was made with something else here, so the pictures may differ: Model, Version.\n", run.Error);
        GenerationParameters drawn = ChromaImage.ReadParameters(output)!;
        Assert.Equal(("a red circle", 9ul, 40, 32, 2.0), (drawn.Prompt, drawn.Seed, drawn.Width, drawn.Height, drawn.Guidance));
    }

    [Fact]
    public async Task A_picture_that_says_nothing_and_a_missing_one_are_named()
    {
        string silent = _folder.File("silent.png"), output = _folder.File("out.png");
        new ChromaImage(2, 2, new byte[12]).Save(silent);

        (await CliRun.Of("generate", "--from", silent, "-o", output)).Failed("silent.png", "parameters");
        (await CliRun.Of("generate", "--from", _folder.File("none.png"), "-o", output)).Failed("none.png");
        (await CliRun.Of("generate", "--from", silent, "--preset", "hd", "-o", output)).Misused("--preset");
        (await CliRun.Of("generate", "-o", output)).Misused("--prompt");
    }
}
