using System.CommandLine;
using Chroma.Cli.Commands.Shared;
using Chroma.Cli.Outputs;
using Chroma.Models;

namespace Chroma.Cli.Commands;

/// <summary><c>chroma quantize</c>: converts a checkpoint to another type or format.</summary>
internal static class QuantizeCommand
{
    public static Command Create()
    {
        Argument<string> input = CommonOptions.Path("IN", "A GGUF or safetensors file, a *.index.json, or the folder of a diffusers model.");
        Argument<string> output = CommonOptions.Path("OUT", "The file to write, .gguf or .safetensors; quantised types need .gguf. - is standard output, in GGUF.");
        Option<WeightType> type = CommonOptions.Type("The type of the matrices", WeightTypes.Targets);
        type.Required = true;
        Option<bool> approximator = new("--include-approximator")
        {
            Description = "Convert the transformer's Approximator too; it is small, and pictures depend on its precision.",
        };
        Option<int> threads = CommonOptions.Threads();
        Command command = new("quantize", "Convert a checkpoint to another type, under the names of the original checkpoint.")
        {
            input, output, type, approximator, threads,
        };
        command.SetAction((result, cancellationToken) =>
        {
            QuantizeOptions options = new()
            {
                Type = result.GetRequiredValue(type),
                IncludeApproximator = result.GetValue(approximator),
                Threads = result.GetValue(threads),
            };
            string target = result.GetRequiredValue(output);
            OutputTarget.Check(target).Dispose();
            return ProgressBar.RunAsync(async bar =>
            {
                SynchronousReport<LoadProgress> progress = new(converted => bar.Report(new WorkState("converting", converted.Fraction)));
                await WeightsFile.QuantizeAsync(result.GetRequiredValue(input), OutputTarget.NativePath(target), options, progress, cancellationToken);
                return 0;
            });
        });
        return command;
    }
}
