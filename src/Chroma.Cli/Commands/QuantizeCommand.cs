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
        Option<TargetType?> type = Names.Type("The type of the matrices");
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
        command.SetAction(async (result, cancellationToken) =>
        {
            string from = result.GetRequiredValue(input), to = result.GetRequiredValue(output);
            TargetType target = result.GetRequiredValue(type)!;
            using (OutputTarget place = OutputTarget.Check(to))
            {
                CheckFormat(to, target.Type, place.IsStream);
            }

            CheckEffect(from, target.Type, result.GetValue(approximator));
            await result.InvocationConfiguration.Error.RemarkAsync(target);
            QuantizeOptions options = new()
            {
                Type = target.Type,
                IncludeApproximator = result.GetValue(approximator),
                Threads = result.GetValue(threads),
            };
            return await ProgressBar.RunAsync(async bar =>
            {
                SynchronousReport<LoadProgress> progress = new(converted => bar.Report(new WorkState("converting", converted.Fraction)));
                await WeightsFile.QuantizeAsync(from, OutputTarget.NativePath(to), options, progress, cancellationToken);
                return 0;
            });
        });
        return command;
    }

    private static void CheckFormat(string path, WeightType type, bool isStream)
    {
        string extension = Path.GetExtension(path);
        bool safetensors = extension.Equals(".safetensors", StringComparison.OrdinalIgnoreCase);
        if (!safetensors && !isStream && !extension.Equals(".gguf", StringComparison.OrdinalIgnoreCase))
        {
            throw new UsageException($"'{path}' has the extension '{extension}'; expected .gguf or .safetensors.");
        }

        if (safetensors && !type.IsFloat())
        {
            throw new UsageException($"'{path}' is to be safetensors, which has no type {type.ToName()}: give OUT the extension .gguf.");
        }
    }

    private static void CheckEffect(string path, WeightType type, bool approximator)
    {
        using WeightsFile file = WeightsFile.Open(path);
        if (file.Architecture == ModelArchitecture.Autoencoder && !type.IsFloat())
        {
            throw new UsageException($"'{path}' is an autoencoder, which has no matrices to quantise: --type must be f32, f16 or bf16, but is {type.ToName()}.");
        }

        if (approximator && file.Architecture != ModelArchitecture.Chroma)
        {
            throw new UsageException($"--include-approximator is for Chroma transformers, but '{path}' is of the kind {file.Architecture}: leave it out.");
        }

        if (approximator && type == WeightType.Int8)
        {
            throw new UsageException("--include-approximator has no effect with --type int8, which leaves the Approximator as it is: leave it out.");
        }
    }
}
