using System.CommandLine;
using Chroma.Cli;
using Xunit;

namespace Chroma.EndToEnd.Tests.Cli;

/// <summary>Every option of every verb whose value is a number, whatever is written there.</summary>
public sealed class NumberOptionTests
{
    private static readonly string[] _numberless =
        ["banana", "", " ", "NaN", "Infinity", "-inf", "1e999", "1,0000,5", "0x", "1.2.3", "5%", "½", "1 2"];

    public static TheoryData<string, string> Numbers => new(
        from verb in Program.CreateRoot().Subcommands
        from option in verb.Options
        where option.HelpName == "number"
        select (verb.Name, option.Name));

    /// <summary>Options that are neither a text nor a switch.</summary>
    public static TheoryData<string, string> Others => new(
        from verb in Program.CreateRoot().Subcommands
        from option in verb.Options
        where option.ValueType != typeof(string) && option.ValueType != typeof(string[]) && option.ValueType != typeof(bool) && !option.Name.Contains("help")
        select (verb.Name, option.Name));

    [Fact]
    public void The_numbers_of_all_verbs_are_among_them()
    {
        string[] all = [.. Program.CreateRoot().Subcommands.SelectMany(verb => verb.Options.Where(option => option.HelpName == "number").Select(option => $"{verb.Name} {option.Name}"))];

        Assert.Superset(
            new HashSet<string>(["generate --guidance", "generate --cache", "generate --seed", "generate --max-tokens", "sigmas --mu", "noise --seed", "compare --rtol", "bench --runs", "quantize --threads"]),
            all.ToHashSet());
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public async Task What_is_no_number_is_refused_by_the_options_name(string verb, string option)
    {
        foreach (string text in _numberless)
        {
            CliRun run = await CliRun.Of(verb, option, text);

            run.Misused($"The option {option} must be ", $"but is '{text}'");
            Assert.DoesNotContain("System.", run.Error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Others))]
    public async Task No_option_answers_with_the_name_of_a_type(string verb, string option)
    {
        CliRun run = await CliRun.Of(verb, option, "banana");

        run.Misused("banana");
        Assert.DoesNotContain("System.", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Chroma.", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Cannot parse", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("generate", "--guidance", "2,5", "write 2.5.")]
    [InlineData("generate", "--guidance", "٢٫٥", "write 2.5.")]
    [InlineData("generate", "--cache", "0,1", "write 0.1.")]
    [InlineData("generate", "--steps", "1,000", "write 1000 or 1.")]
    [InlineData("generate", "--steps", "1 000", "write 1000.")]
    [InlineData("generate", "--steps", "1e1", "write 10.")]
    [InlineData("generate", "--steps", "20.0", "write 20.")]
    [InlineData("generate", "--seed", "0x10", "write 16.")]
    [InlineData("generate", "--steps", "999999999999999999999999999999999999999999", "from 1 to 10000")]
    [InlineData("generate", "--shift", "1,15", "write 1.15.")]
    [InlineData("generate", "--mu", "-1,15", "write -1.15.")]
    [InlineData("generate", "--max-tokens", "1.024", "write 1024.")]
    [InlineData("sigmas", "--mu", "1,15", "write 1.15.")]
    [InlineData("sigmas", "--steps", "1,000", "write 1000 or 1.")]
    [InlineData("compare", "--rtol", "1,5", "write 1.5.")]
    [InlineData("compare", "--atol", "1e-3,5", "'1e-3,5'.")]
    [InlineData("noise", "--seed", "1_000", "write 1000.")]
    [InlineData("noise", "--shape", "1;16", "'1;16'")]
    [InlineData("noise", "--shape", "1.5,2", "'1.5,2'")]
    [InlineData("bench", "--threads", "1,5", "but is '1,5'.")]
    [InlineData("bench", "--size", "512,1,024", "'1'")]
    [InlineData("layers", "--rope-axes", "16.0,56,56", "16,56,56")]
    [InlineData("layers", "--rope-axes", "1,6,56,56", "16,56,56")]
    public async Task A_number_in_another_notation_is_refused_with_ours(string verb, string option, string value, string words) =>
        (await CliRun.Of(verb, option, value)).Misused(option, words);

    [Theory]
    [InlineData("1,0,5,0")]
    [InlineData("0,9,0,5,0")]
    [InlineData("1,0,75,0,5,0")]
    [InlineData("1,0,0,5,0,0")]
    [InlineData("1;0,5;0")]
    [InlineData("1")]
    [InlineData("1,")]
    [InlineData("1,NaN,0")]
    [InlineData("0.5,0.5,0")]
    public async Task Sigmas_that_do_not_fall_are_taken_for_decimal_commas(string sigmas) =>
        (await CliRun.Of("sample", "--sampler", "euler", "--inputs", "i", "--output", "o", "--sigmas", sigmas)).Misused("--sigmas", "a point stands before decimals");

    [Theory]
    [InlineData("eta=0,5", "write 0.5.")]
    [InlineData("eta=1e999", "'1e999'")]
    [InlineData("etaa=0.5", "it has eta, s_noise")]
    [InlineData("eta", "key=value")]
    public async Task A_samplers_options_are_numbers_of_the_same_kind(string option, string words) =>
        (await CliRun.Of("sample", "--sampler", "Euler a", "--inputs", "i", "--output", "o", "--sigmas", "1,0.5,0", "--option", option)).Misused(words);

    [Theory]
    [InlineData("--steps", "+4")]
    [InlineData("--steps", " 4 ")]
    [InlineData("--shift", "3e0")]
    [InlineData("--shift", "+3.0")]
    [InlineData("--mu", "-.5")]
    public async Task Signs_spaces_and_exponents_are_fine(string option, string value)
    {
        string[] steps = option == "--steps" ? [] : ["--steps", "4"];

        (await CliRun.Of(["sigmas", "--scheduler", "simple", .. steps, option, value])).Fine();
    }
}
