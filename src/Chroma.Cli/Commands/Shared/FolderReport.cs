using System.Buffers;
using System.Text;
using System.Text.Json;
using Chroma.Models;

namespace Chroma.Cli.Commands.Shared;

/// <summary>What is in a folder of several checkpoints: the report of each, the tokenizer, and what can't be used.</summary>
internal sealed class FolderReport(ModelFolder folder)
{
    /// <summary>Writes it.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="asJson">One JSON object for programs, else text for people.</param>
    public void Write(TextWriter output, bool asJson)
    {
        if (asJson)
        {
            WriteJson(output);
        }
        else
        {
            WriteText(output);
        }
    }

    private void WriteText(TextWriter output)
    {
        foreach (FolderModel model in folder.Models)
        {
            using WeightsFile file = WeightsFile.Open(model.Path);
            WeightsReport.WriteText(file, output);
            output.WriteLine();
        }

        output.WriteLine($"tokenizer     {folder.Tokenizer ?? "none but what a T5 GGUF carries"}");
        foreach (UnusableFile file in folder.Unusable)
        {
            output.WriteLine($"unusable      {file.Path}: {file.Reason}");
        }
    }

    private void WriteJson(TextWriter output)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, WeightsReport.JsonOptions))
        {
            json.WriteStartObject();
            json.WriteString("path", folder.Path);
            json.WriteStartArray("models");
            foreach (FolderModel model in folder.Models)
            {
                using WeightsFile file = WeightsFile.Open(model.Path);
                WeightsReport.WriteJson(file, json);
            }

            json.WriteEndArray();
            json.WriteString("tokenizer", folder.Tokenizer);
            json.WriteStartArray("unusable");
            foreach (UnusableFile file in folder.Unusable)
            {
                json.WriteStartObject();
                json.WriteString("path", file.Path);
                json.WriteString("reason", file.Reason);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }
}
