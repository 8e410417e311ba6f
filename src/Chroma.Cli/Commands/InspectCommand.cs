using System.CommandLine;
using Chroma.Cli.Commands.Shared;
using Chroma.Models;

namespace Chroma.Cli.Commands;

/// <summary><c>chroma inspect</c>: what is in a checkpoint.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        Argument<string> path = CommonOptions.Path("F", "A GGUF or safetensors file, a *.index.json, or the folder of a diffusers model.");
        Option<bool> json = new("--json") { Description = "Print one JSON object." };
        Command command = new("inspect", "Show a checkpoint's architecture, parameters, types, metadata and tensors.") { path, json };
        command.SetAction(result =>
        {
            using WeightsFile file = WeightsFile.Open(result.GetRequiredValue(path));
            TextWriter output = result.InvocationConfiguration.Output;
            if (result.GetValue(json))
            {
                WeightsReport.WriteJson(file, output);
            }
            else
            {
                WeightsReport.WriteText(file, output);
            }

            return 0;
        });
        return command;
    }
}
