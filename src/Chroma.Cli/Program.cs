using System.CommandLine;
using Chroma.Cli.Commands;
using Chroma.Cli.Commands.Shared;

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

    private static Task<int> Main(string[] args) => CommandRunner.RunAsync(CreateRoot(), args, Console.Out, Console.Error);
}
