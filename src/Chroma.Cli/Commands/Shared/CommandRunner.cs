using System.CommandLine;

namespace Chroma.Cli.Commands.Shared;

/// <summary>
/// Runs a verb and turns what happens into an exit code: 0 fine, 1 one sentence on standard error, 2 wrong usage, 130 stopped with
/// Ctrl-C. Verbs just throw; standard output is for their data alone.
/// </summary>
internal static class CommandRunner
{
    public const int Failed = 1;
    public const int WrongUsage = 2;
    public const int Cancelled = 130; // 128 + SIGINT, as shells have it

    // After Ctrl-C a verb stops within a block's time; past this, the process ends without it.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(15);

    /// <summary>Parses and runs.</summary>
    /// <param name="root">All verbs.</param>
    /// <param name="args">The command line without the program's name.</param>
    /// <param name="output">Where data goes.</param>
    /// <param name="error">Where errors, progress and logs go.</param>
    /// <param name="cancellationToken">Stops the verb as Ctrl-C does.</param>
    public static async Task<int> RunAsync(
        RootCommand root, IReadOnlyList<string> args, TextWriter output, TextWriter error, CancellationToken cancellationToken = default)
    {
        ParseResult parsed;
        IReadOnlyList<string> problems;
        try
        {
            parsed = root.Parse(CommandLine.Prepare(root, args), new ParserConfiguration { ResponseFileTokenReplacer = null });
            problems = UsageText.Problems(parsed);
        }
        catch (UsageException wrong)
        {
            parsed = root.Parse(args.Count > 0 ? args[0] : "");
            problems = [wrong.Message];
        }

        if (problems.Count > 0)
        {
            return await RefuseAsync(parsed, problems, error);
        }

        InvocationConfiguration configuration = new()
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = _patience,
        };
        try
        {
            return await parsed.InvokeAsync(configuration, cancellationToken);
        }
        catch (UsageException wrong)
        {
            return await RefuseAsync(parsed, [wrong.Message], error);
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Stopped.");
            return Cancelled;
        }
        catch (Exception exception) when (ErrorText.IsExpected(exception))
        {
            await error.WriteLineAsync(ErrorText.OneLine(exception));
            return Failed;
        }
    }

    private static async Task<int> RefuseAsync(ParseResult parsed, IReadOnlyList<string> problems, TextWriter error)
    {
        foreach (string problem in problems)
        {
            await error.WriteLineAsync(problem);
        }

        await error.WriteLineAsync(UsageText.Hint(parsed.CommandResult));
        return WrongUsage;
    }
}
