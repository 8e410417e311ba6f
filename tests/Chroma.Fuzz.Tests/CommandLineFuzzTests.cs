using System.CommandLine;
using System.Text;
using Chroma.Cli;
using Chroma.Cli.Commands.Shared;
using Chroma.Fuzz.Tests.Fuzzing;
using Xunit;

namespace Chroma.Fuzz.Tests;

/// <summary>Any command line is understood, or answered with sentences and exit code 1 or 2.</summary>
public sealed class CommandLineFuzzTests
{
    private static readonly string[] _values =
    [
        "0", "1", "-1", "2,5", "1e9", "1e999", "NaN", "Infinity", "2147483648", "18446744073709551616", "0x10", "", " ", "@x", "16,56,56", "1,,2", "1x1",
        "euler", "beta", "flow_match", "q8_0", "é", "\ud800", "--", "-", "1.5", "+3", "00012", "1_000", "1'000",
    ];

    [Fact]
    public void Any_command_line_parses_or_is_refused()
    {
        string[] options = [.. Program.CreateRoot().Subcommands.SelectMany(verb => verb.Options).Select(option => option.Name).Distinct()];
        string[] verbs = [.. Program.CreateRoot().Subcommands.Select(verb => verb.Name)];
        byte[][] words = Fuzzer.Words([.. verbs, .. options, .. _values]);
        byte[][] seeds = Fuzzer.Words(
            "generate\n--prompt\na cat\n--output\nx.png\n--steps\n4\n--guidance\n2.5\n--seed\n7",
            "sigmas\n--scheduler\nbeta\n--steps\n4",
            "noise\n--seed\n1\n--shape\n1,2,3",
            "quantize\na\nb\n--type\nq8_0");
        new Fuzzer(nameof(Any_command_line_parses_or_is_refused), seeds, words, Parse, _ => false).Run();
    }

    [Fact]
    public void Verbs_that_compute_numbers_answer_or_say_why_not() =>
        new Fuzzer(
            nameof(Verbs_that_compute_numbers_answer_or_say_why_not),
            Fuzzer.Words("sigmas\n--scheduler\nbeta\n--steps\n4\n--mu\n1.15", "sigmas\n--scheduler\nflow_match\n--steps\n9\n--shift\n3", "noise\n--seed\n1\n--shape\n1,2,3"),
            Fuzzer.Words([.. _values, "simple", "karras", "kl_optimal", "linear_quadratic", "--image-tokens", "--generator\nphilox", "--seed\n-1"]),
            Invoke,
            _ => false)
        {
            AllowedBytes = 2L << 30, // the largest noise that the verb prints
        }.Run();

    // The system ends arguments with a NUL, so there is none in them.
    private static string[] Arguments(byte[] input) => Encoding.UTF8.GetString(input).Replace("\0", "", StringComparison.Ordinal).Split('\n');

    // Parsing reads every option's value, and the validators look at them.
    private static void Parse(byte[] input)
    {
        ParseResult result = Program.CreateRoot().Parse(Arguments(input));
        Assert.All(result.Errors, error => Assert.NotEmpty(error.Message));
    }

    private static void Invoke(byte[] input)
    {
        string[] args = Arguments(input);
        if (args[0] is not ("sigmas" or "noise"))
        {
            return;
        }

        // Millions of numbers are an honest answer, but not what is tried here.
        int shape = Array.IndexOf(args, "--shape");
        if (shape >= 0 && args.Skip(shape).Any(word => word.Length > 5))
        {
            return;
        }

        using StringWriter output = new(), error = new();
        int exit = CommandRunner.RunAsync(Program.CreateRoot(), args, output, error).GetAwaiter().GetResult();
        Assert.InRange(exit, 0, 2);
        Assert.True(exit == 0 || error.ToString().Length > 0, $"exit {exit} without a sentence");
    }
}
