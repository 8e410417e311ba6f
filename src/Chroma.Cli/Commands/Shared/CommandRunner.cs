using System.CommandLine;
using Chroma.Cli.Streams;

namespace Chroma.Cli.Commands.Shared;

/// <summary>
/// Runs a verb and turns what happens into an exit code: 0 fine, 1 one sentence on standard error, 2 wrong usage, 70 a defect in this program,
/// 128 and a signal's number: stopped by it (130 Ctrl-C, 143 SIGTERM, 129 SIGHUP; 141 nobody reads standard output any more). Verbs just throw;
/// standard output is for their data alone.
/// </summary>
internal static class CommandRunner
{
    public const int Failed = 1;
    public const int WrongUsage = 2;
    public const int Defect = 70; // EX_SOFTWARE of sysexits.h
    public const int Cancelled = 130; // 128 + SIGINT, as shells have it
    public const int BrokenPipe = 141; // 128 + SIGPIPE

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
            ProcessTerminationTimeout = null, // signals are the caller's
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
        catch (StandardStreamException exception) when (exception.IsBrokenPipe)
        {
            return BrokenPipe; // the reader has seen enough, and needs no sentence about it
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
