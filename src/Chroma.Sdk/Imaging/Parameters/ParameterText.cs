using System.Text;

namespace Chroma.Imaging;

/// <summary>
/// The parts of a text of parameters: a prompt, a negative prompt, and settings. In the form of AUTOMATIC1111's web UI the settings are its last line; what
/// some extensions write after it (<c>Template: ...</c>) counts as settings too.
/// </summary>
internal readonly record struct ParameterText(string Prompt, string NegativePrompt, FieldMap Settings)
{
    /// <summary>Where prompts stand that the form cannot hold: the exact text, in quotes, beside the readable one.</summary>
    public const string ExactPrompt = "Exact prompt";

    /// <inheritdoc cref="ExactPrompt"/>
    public const string ExactNegativePrompt = "Exact negative prompt";

    private const string NegativeMark = "Negative prompt:";

    private static readonly string[] _trailing = ["Template:", "Negative Template:"];

    /// <summary>Names of which a line of settings has two at least, so that a prompt with colons in it is none.</summary>
    private static readonly HashSet<string> _usual = new(StringComparer.OrdinalIgnoreCase)
    {
        "Steps", "Sampler", "Schedule type", "Scheduler", "CFG scale", "Guidance scale", "Distilled CFG Scale", "Seed", "Size", "Model", "Model hash", "VAE", "VAE hash",
        "Clip skip", "Denoising strength", "Version", "Shift", "Hashes", "App", "Variation seed", "Lora hashes", "RNG",
    };

    /// <summary>Writes the text.</summary>
    /// <param name="exact">Whether to write the prompts as settings too, so that nothing of them is lost.</param>
    public string Write(bool exact)
    {
        bool exactPrompt = exact || QuotedText.HasFragile(Prompt), exactNegative = exact || QuotedText.HasFragile(NegativePrompt);
        StringBuilder text = new(Readable(Prompt));
        if (NegativePrompt.Length > 0)
        {
            text.Append('\n').Append(NegativeMark).Append(' ').Append(Readable(NegativePrompt));
        }

        List<KeyValuePair<string, string>> prompts = [];
        if (exactPrompt)
        {
            prompts.Add(new(ExactPrompt, Prompt));
        }

        if (exactNegative)
        {
            prompts.Add(new(ExactNegativePrompt, NegativePrompt));
        }

        // A line that begins like a template would be one.
        string line = FieldLine.Write(Settings.Concat(prompts));
        line = IsTrailing(line) is null ? line : FieldLine.Write(prompts.Concat(Settings));
        return line.Length == 0 ? text.ToString() : text.Append('\n').Append(line).ToString();
    }

    /// <summary>Takes a text apart. Never fails: what has no settings is a prompt as a whole.</summary>
    public static ParameterText Parse(string text)
    {
        string[] lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).TrimEnd('\n').Split('\n');
        int settingsAt = FindSettings(lines, out List<Field> fields);
        FieldMap settings = FieldMap.Of(fields);
        string prompts = string.Join('\n', lines[..settingsAt]);
        int mark = prompts.StartsWith(NegativeMark, StringComparison.Ordinal) ? 0 : prompts.IndexOf("\n" + NegativeMark, StringComparison.Ordinal) + 1;
        bool hasNegative = mark > 0 || prompts.StartsWith(NegativeMark, StringComparison.Ordinal);
        string prompt = hasNegative ? prompts[..Math.Max(mark - 1, 0)] : prompts;
        string negative = hasNegative ? prompts[(mark + NegativeMark.Length)..] : "";
        negative = negative is [' ' or '\n', ..] ? negative[1..] : negative;
        return new ParameterText(
            settings.TryTake(ExactPrompt, value => value, out string? exactPrompt) ? exactPrompt : prompt,
            settings.TryTake(ExactNegativePrompt, value => value, out string? exactNegative) ? exactNegative : negative,
            settings);
    }

    /// <summary>Whether a text has a line of settings.</summary>
    public static bool HasSettings(string text) => Parse(text).Settings.Count > 0;

    /// <summary>The number of the line of settings, or the number of lines; and what that line and those after it have.</summary>
    private static int FindSettings(string[] lines, out List<Field> fields)
    {
        int end = lines.Length;
        for (int at = lines.Length - 1; at >= 0; at--)
        {
            if (IsTrailing(lines[at]) is not null)
            {
                end = at;
                continue;
            }

            // Only a line at the end has settings, or one that is followed by nothing but templates, which may have several lines.
            if (at == end - 1 && IsSettings(fields = FieldLine.Parse(lines[at])))
            {
                AddTrailing(lines.AsSpan(end), fields);
                return at;
            }
        }

        fields = [];
        return lines.Length;
    }

    private static bool IsSettings(List<Field> fields)
    {
        int named = fields.Count(field => field.HasColon && field.Name.Length > 0);
        int usual = fields.Where(field => field.HasColon).Select(field => field.Name).Where(_usual.Contains).Distinct(StringComparer.OrdinalIgnoreCase).Count();
        bool startsWithSteps = fields.Count > 0 && fields[0] is { HasColon: true, Value: { Length: > 0 } steps } first
            && first.Name.Equals("Steps", StringComparison.OrdinalIgnoreCase) && !steps.AsSpan().ContainsAnyExceptInRange('0', '9');
        return (usual >= 2 && (named >= 3 || startsWithSteps)) || fields.Exists(field => field.HasColon && field.Name is ExactPrompt or ExactNegativePrompt);
    }

    private static string? IsTrailing(string line) => Array.Find(_trailing, name => line.StartsWith(name, StringComparison.OrdinalIgnoreCase));

    private static void AddTrailing(ReadOnlySpan<string> lines, List<Field> fields)
    {
        foreach (string line in lines)
        {
            if (IsTrailing(line) is string name)
            {
                fields.Add(new Field(name.TrimEnd(':'), line[name.Length..].Trim(), HasColon: true));
            }
            else
            {
                fields[^1] = fields[^1] with { Value = $"{fields[^1].Value}\n{line}" };
            }
        }
    }

    /// <summary>The text without what file formats lose; the exact one stands beside it then.</summary>
    private static string Readable(string text) => !QuotedText.HasFragile(text) ? text : string.Create(text.Length, text, static (readable, original) =>
    {
        for (int i = 0; i < readable.Length; i++)
        {
            readable[i] = !QuotedText.IsFragile(original, i) ? original[i] : original[i] == '\r' ? '\n' : '\uFFFD';
        }
    });
}
