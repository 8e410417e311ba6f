using System.CommandLine;
using Chroma.Cli.Commands.Shared;
using Chroma.Models;

namespace Chroma.Cli.Commands;

/// <summary><c>chroma inspect</c>: what is in a checkpoint.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        Argument<string> path = CommonOptions.Path("F", "A GGUF or safetensors file, a *.index.json, or a folder with one model or all parts of one.");
        Option<bool> json = new("--json") { Description = "Print one JSON object." };
        Command command = new("inspect", "Show a checkpoint's architecture, parameters, types, metadata and tensors.") { path, json };
        command.SetAction(result =>
        {
            string name = result.GetRequiredValue(path);
            TextWriter output = result.InvocationConfiguration.Output;
            if (Directory.Exists(name) && ModelFolder.Open(name) is { Models.Count: > 0 } folder && !IsOneModel(folder))
            {
                FolderReport report = new(folder);
                report.Write(output, result.GetValue(json));
                return 0;
            }

            using WeightsFile file = WeightsFile.Open(name);
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

    // Then the folder's config.json is about that model, too.
    private static bool IsOneModel(ModelFolder folder) =>
        folder.Models is [FolderModel only] && Path.GetFullPath(Path.GetDirectoryName(only.Path)!) == Path.GetFullPath(Path.TrimEndingDirectorySeparator(folder.Path));
}
