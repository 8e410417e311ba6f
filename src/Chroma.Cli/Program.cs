using System.CommandLine;
using Chroma.Cli.Commands;
using Chroma.Cli.Commands.Shared;
using Chroma.Cli.Streams;

namespace Chroma.Cli;

/// <summary>The <c>chroma</c> command.</summary>
internal static class Program
{
    /// <summary>All verbs.</summary>
    public static RootCommand CreateRoot() => new("Runs the Chroma text-to-image model, and looks inside it.")
    {
        GenerateCommand.Create(),
        LayersCommand.Create(),
        CompareCommand.Create(),
        InspectCommand.Create(),
        QuantizeCommand.Create(),
        BenchCommand.Create(),
        SampleCommand.Create(),
        TokenizeCommand.Create(),
        SigmasCommand.Create(),
        NoiseCommand.Create(),
    };

    private static async Task<int> Main(string[] args)
    {
        StandardStreams.Install();
        using Signals signals = new();
        try
        {
            int exitCode = await CommandRunner.RunAsync(CreateRoot(), args, Console.Out, Console.Error, signals.Token);
            return exitCode == CommandRunner.Cancelled && signals.ExitCode != 0 ? signals.ExitCode : exitCode;
        }
        catch (Exception defect)
        {
            // An exception that gets past here would abort the process, and dump its memory.
            await Console.Error.WriteLineAsync(defect.ToString());
            return CommandRunner.Defect;
        }
    }
}
