using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Chroma.Cli.Streams;
using Chroma.Tokenization;

namespace Chroma.Cli.Commands;

/// <summary><c>chroma tokenize</c>: JSON lines with a "text" in, one JSON array of ids out for each.</summary>
internal static class TokenizeCommand
{
    public static Command Create()
    {
        Option<string> tokenizer = new("--tokenizer")
        {
            Description = "tokenizer.json, spiece.model, a T5 GGUF, or a folder that holds one of them.",
            Required = true,
        };
        Option<string> input = new("--input")
        {
            Description = "A file with one JSON object {\"text\": ...} per line; - reads standard input. Other keys are ignored.",
            DefaultValueFactory = _ => "-",
        };
        Command command = new("tokenize", "Turn prompts into token ids.") { tokenizer, input };
        command.SetAction(async (result, cancellationToken) =>
        {
            TextWriter output = result.InvocationConfiguration.Output;
            await RunAsync(result.GetRequiredValue(tokenizer), result.GetRequiredValue(input), output, cancellationToken).ConfigureAwait(false);
            return 0;
        });
        return command;
    }

    private static async Task RunAsync(string tokenizerPath, string inputPath, TextWriter output, CancellationToken cancellationToken)
    {
        T5Tokenizer tokenizer = T5Tokenizer.Load(tokenizerPath);
        using TextLines lines = await TextLines.OpenAsync(inputPath, cancellationToken).ConfigureAwait(false);
        for (int number = 1; await lines.ReadAsync(cancellationToken).ConfigureAwait(false) is { } line; number++)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                int[] ids = tokenizer.Encode(JsonLine.ReadText(line, lines.Name, number));
                string array = string.Join(", ", ids.Select(id => id.ToString(CultureInfo.InvariantCulture)));
                await output.WriteLineAsync($"[{array}]").ConfigureAwait(false);
            }
        }
    }

    /// <summary>Reads one line of input.</summary>
    private static class JsonLine
    {
        public static string ReadText(string line, string name, int number)
        {
            try
            {
                return TextOf(line);
            }
            catch (JsonException error)
            {
                throw new InvalidDataException($"Line {number} of {name} is not JSON, from its byte {error.BytePositionInLine} on.", error);
            }
            catch (InvalidOperationException)
            {
                throw new InvalidDataException($"Line {number} of {name} has no string \"text\"; expected {{\"text\": \"...\"}}.");
            }
        }

        private static string TextOf(string line)
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement text = document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("text", out JsonElement found)
                ? found
                : throw new InvalidOperationException();
            if (text.ValueKind != JsonValueKind.String)
            {
                throw new InvalidOperationException();
            }

            try
            {
                return text.GetString()!;
            }
            catch (InvalidOperationException)
            {
                return Unescape(text.GetRawText().AsSpan()[1..^1]);
            }
        }

        /// <summary>Undoes JSON's escapes where half a surrogate pair is among them, which the library refuses to read.</summary>
        private static string Unescape(ReadOnlySpan<char> raw)
        {
            StringBuilder text = new(raw.Length);
            for (int i = 0; i < raw.Length; i++)
            {
                if (raw[i] != '\\')
                {
                    text.Append(raw[i]);
                    continue;
                }

                i++;
                if (raw[i] == 'u')
                {
                    text.Append((char)ushort.Parse(raw.Slice(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                    i += 4;
                }
                else
                {
                    text.Append(raw[i] switch { 'b' => '\b', 'f' => '\f', 'n' => '\n', 'r' => '\r', 't' => '\t', char same => same });
                }
            }

            return text.ToString();
        }
    }
}
