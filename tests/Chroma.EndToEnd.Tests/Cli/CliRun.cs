using Chroma.Cli;
using Chroma.Cli.Commands.Shared;
using Xunit;

namespace Chroma.EndToEnd.Tests.Cli;

/// <summary>One run of the <c>chroma</c> command inside this process.</summary>
/// <param name="ExitCode">0 fine, 1 an error, 2 wrong usage, 130 stopped.</param>
/// <param name="Output">What went to standard output.</param>
/// <param name="Error">What went to standard error.</param>
internal sealed record CliRun(int ExitCode, string Output, string Error)
{
    public static Task<CliRun> Of(params string[] args) => Of(CancellationToken.None, args);

    public static async Task<CliRun> Of(CancellationToken cancellationToken, params string[] args)
    {
        using StringWriter output = new(), error = new();
        int exitCode = await CommandRunner.RunAsync(Program.CreateRoot(), args, output, error, cancellationToken);
        return new CliRun(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Asserts that all went well.</summary>
    public CliRun Fine()
    {
        Assert.True(ExitCode == 0, $"exit {ExitCode}: {Error}");
        return this;
    }

    /// <summary>Asserts exit 1, nothing on standard output, and one sentence on standard error that has these words.</summary>
    public void Failed(params string[] words)
    {
        Assert.True(ExitCode == 1, $"exit {ExitCode}: {Error}");
        Assert.Empty(Output);
        Assert.Single(Error.TrimEnd('\n').Split('\n'));
        Assert.All(words, word => Assert.Contains(word, Error, StringComparison.Ordinal));
        Assert.DoesNotContain("(Parameter", Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
    }

    /// <summary>Asserts exit 2, nothing on standard output, and words on standard error.</summary>
    public void Misused(params string[] words)
    {
        Assert.True(ExitCode == 2, $"exit {ExitCode}: {Error}");
        Assert.Empty(Output);
        Assert.All(words, word => Assert.Contains(word, Error, StringComparison.Ordinal));
    }
}
