using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Cli;

/// <summary>Command lines that are not understood: exit code 2 and a sentence that helps.</summary>
public sealed class UsageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Output => _folder.File("out.png");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("genrate", "generate")]
    [InlineData("quantise", "quantize")]
    [InlineData("inspct", "inspect")]
    [InlineData("Generate", "generate")]
    public async Task A_mistyped_verb_is_answered_with_the_nearest(string verb, string meant) =>
        (await CliRun.Of(verb, "--prompt", "cat")).Misused($"There is no verb '{verb}'; did you mean '{meant}'?");

    [Theory]
    [InlineData("generate", "--stepz", "--steps")]
    [InlineData("generate", "--negative", "--negative-prompt")]
    [InlineData("generate", "--negativ_prompt", "--negative-prompt")]
    [InlineData("generate", "--cfg-scale", null)]
    [InlineData("generate", "--sheduler", "--scheduler")]
    [InlineData("inspect", "--jsno", "--json")]
    [InlineData("compare", "--rtoll", "--rtol")]
    [InlineData("layers", "--componnt", "--component")]
    [InlineData("bench", "--szie", "--size")]
    [InlineData("noise", "--hepl", "--help")]
    public async Task A_mistyped_option_is_answered_with_the_nearest_alone(string verb, string option, string? meant)
    {
        CliRun run = await CliRun.Of(verb, option, "5");

        run.Misused($"There is no option '{option}'{(meant is null ? "." : $"; did you mean '{meant}'?")}");
        Assert.DoesNotContain("'5'", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--preset", "hp", "'hd'")]
    [InlineData("--sampler", "eulr", "'euler'")]
    [InlineData("--sampler", "karras", "--scheduler karras")]
    [InlineData("--scheduler", "karas", "'karras'")]
    [InlineData("--scheduler", "heun", "--sampler heun")]
    [InlineData("--text-mask", "nne", "'none'")]
    [InlineData("--text-mask", "5", "key, training, none")]
    [InlineData("--type", "IQ4_XS", "nearest type that can be written is q4_k")]
    [InlineData("--type", "fp8", "nearest type that can be written is q8_0")]
    [InlineData("--width", "0", "--width")]
    [InlineData("--height", "99999", "--height")]
    [InlineData("--steps", "0", "from 1 to 10000")]
    [InlineData("--steps", "10001", "from 1 to 10000")]
    [InlineData("--count", "0", "from 1 to 1000")]
    [InlineData("--padding-tokens", "17", "from 0 to 16")]
    [InlineData("--max-tokens", "4097", "from 1 to 4096")]
    [InlineData("--cache", "1.5", "from 0 to 1")]
    [InlineData("--guidance", "100.5", "from 0 to 100")]
    [InlineData("--seed", "-2", "from -1 to 2^64 - 1")]
    [InlineData("--seed", "18446744073709551616", "from -1 to 2^64 - 1")]
    [InlineData("--device", "banana", "'banana'")]
    [InlineData("--rope-axes", "100,100,100", "100")]
    public async Task A_value_that_there_is_not_is_wrong_usage(string option, string value, string words)
    {
        (await CliRun.Of("generate", "--prompt", "cat", "--output", Output, option, value)).Misused(words);
        Assert.False(File.Exists(Output));
    }

    [Theory]
    [InlineData("out.gif", ".png, .jpg, .jpeg or .webp")]
    [InlineData("out", ".png, .jpg, .jpeg or .webp")]
    public async Task An_extension_that_cannot_be_written_is_wrong_usage(string name, string words) =>
        (await CliRun.Of("generate", "--prompt", "cat", "--output", _folder.File(name))).Misused(name, words);

    [Theory]
    [InlineData("-p", "@cat")]
    [InlineData("-p", "-nice cat")]
    [InlineData("-p", "--steps: 5")]
    [InlineData("-p", "-n=red")]
    [InlineData("-p", "a=b:c")]
    [InlineData("-p", "")]
    [InlineData("-n", "@opts")]
    [InlineData("-n", "-o: frog")]
    public async Task A_prompt_may_begin_with_anything(string option, string text)
    {
        await File.WriteAllTextAsync(_folder.File("opts"), "secret");
        string[] prompt = option == "-n" ? ["-p", "cat"] : [];

        (await CliRun.Of(["generate", .. prompt, option, text, "-o", Output, "--steps", "1", "--width", "32", "--height", "32", "--seed", "5"])).Fine();

        Imaging.GenerationParameters drawn = Imaging.ChromaImage.Load(Output).Parameters!;
        Assert.Equal(text, option == "-n" ? drawn.NegativePrompt : drawn.Prompt);
    }

    [Fact]
    public async Task A_word_with_an_at_sign_is_no_file_of_options()
    {
        await File.WriteAllTextAsync(_folder.File("opts"), "--prompt cat");

        (await CliRun.Of("generate", $"@{_folder.File("opts")}")).Misused("is one word too many");
    }

    [Fact]
    public async Task A_seed_of_minus_one_is_random()
    {
        (await CliRun.Of("generate", "-p", "cat", "-o", Output, "--steps", "1", "--width", "32", "--height", "32", "--seed", "-1")).Fine();
        ulong first = Imaging.ChromaImage.Load(Output).Parameters!.Seed!.Value;
        (await CliRun.Of("generate", "-p", "cat", "-o", Output, "--steps", "1", "--width", "32", "--height", "32", "--seed=-1")).Fine();

        Assert.NotEqual(first, Imaging.ChromaImage.Load(Output).Parameters!.Seed);
    }

    [Theory]
    [InlineData("generate", "--prompt", "--steps", "5")]
    [InlineData("generate", "-o", "-p", "cat")]
    [InlineData("layers", "--component", "--weights", "w")]
    public async Task An_option_without_its_value_is_named(string verb, string option, string next, string value) =>
        (await CliRun.Of(verb, option, next, value)).Misused($"The option {option} has no value", next);

    [Theory]
    [InlineData("inspect", "f", "--json=banana", "--json")]
    [InlineData("compare", "a", "--all=2", "--all")]
    public async Task A_switch_takes_no_value(string verb, string file, string given, string option) =>
        (await CliRun.Of(verb, file, given)).Misused(option, "true or false");

    [Fact]
    public async Task A_file_may_be_called_like_an_option_after_two_hyphens() => (await CliRun.Of("inspect", "--", "--json")).Failed("'--json'");

    [Fact]
    public async Task Words_that_belong_nowhere_are_named() => (await CliRun.Of("inspect", "a", "b")).Misused("'b'");
}
