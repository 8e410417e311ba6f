using System.Collections.ObjectModel;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Chroma.Imaging;

/// <summary>
/// How a picture was made, in the text form that AUTOMATIC1111's web UI began and that ComfyUI tools and picture sites read:
/// <code>
/// a red fox in the snow
/// Negative prompt: blurry
/// Steps: 28, Sampler: euler, Schedule type: beta, CFG scale: 4, Seed: 42, Size: 1024x1024, Model: Chroma1-HD, Version: 0.1.0
/// </code>
/// </summary>
public sealed record GenerationParameters
{
    private const string NegativeMark = "Negative prompt: ";

    /// <summary>A last line with fewer settings than this is taken for a part of the prompt.</summary>
    private const int MinSettings = 3;

    /// <summary>What the picture should show; may have several lines.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>What it should not show; may have several lines, and is left out where empty.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>The number of sampler steps.</summary>
    public int? Steps { get; init; }

    /// <summary>The sampler's name.</summary>
    public string? Sampler { get; init; }

    /// <summary>The scheduler's name ("Schedule type").</summary>
    public string? Scheduler { get; init; }

    /// <summary>The weight of classifier-free guidance ("CFG scale").</summary>
    public double? Guidance { get; init; }

    /// <summary>The seed of the initial noise.</summary>
    public ulong? Seed { get; init; }

    /// <summary>The width in pixels. The text has a size only where both sides are known.</summary>
    public int? Width { get; init; }

    /// <summary>The height in pixels.</summary>
    public int? Height { get; init; }

    /// <summary>The name of the model.</summary>
    public string? Model { get; init; }

    /// <summary>The program that made the picture, and its version.</summary>
    public string? Version { get; init; }

    /// <summary>Settings under other names, as they stand in the text. (Two records are equal only if they share this very object.)</summary>
    public IReadOnlyDictionary<string, string> Other { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The text form. Values with commas, colons or line breaks are put in double quotes, as JSON has them.</summary>
    public override string ToString()
    {
        StringBuilder text = new(OnlyLineFeeds(Prompt));
        if (NegativePrompt.Length > 0)
        {
            text.Append('\n').Append(NegativeMark).Append(OnlyLineFeeds(NegativePrompt));
        }

        string settings = string.Join(", ", Settings().Select(pair => $"{pair.Key}: {Quote(pair.Value)}"));
        return settings.Length == 0 ? text.ToString() : text.Append('\n').Append(settings).ToString();
    }

    /// <summary>Reads the text form. Never fails: what has no settings in its last line is a prompt as a whole.</summary>
    /// <param name="text">The text of a picture's <c>parameters</c> chunk.</param>
    public static GenerationParameters Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = OnlyLineFeeds(text).TrimEnd('\n');
        int lastLine = text.LastIndexOf('\n') + 1;
        Dictionary<string, string> settings = ParseSettings(text.AsSpan(lastLine));
        string prompts = text;
        if (settings.Count >= MinSettings)
        {
            prompts = lastLine == 0 ? "" : text[..(lastLine - 1)];
        }
        else
        {
            settings.Clear();
        }

        string mark = NegativeMark.TrimEnd();
        int negative = prompts.StartsWith(mark, StringComparison.Ordinal) ? 0 : prompts.IndexOf("\n" + mark, StringComparison.Ordinal) + 1;
        bool hasNegative = negative > 0 || prompts.StartsWith(mark, StringComparison.Ordinal);
        string negativePrompt = hasNegative ? prompts[(negative + mark.Length)..] : "";
        return FromSettings(settings) with
        {
            Prompt = hasNegative ? prompts[..Math.Max(negative - 1, 0)] : prompts,
            NegativePrompt = negativePrompt.StartsWith(' ') ? negativePrompt[1..] : negativePrompt,
        };
    }

    private static GenerationParameters FromSettings(Dictionary<string, string> settings)
    {
        string? Take(string name) => settings.Remove(name, out string? value) ? value : null;
        string[] size = Take("Size")?.Split('x') ?? [];
        return new GenerationParameters
        {
            Steps = Number<int>(Take("Steps")),
            Sampler = Take("Sampler"),
            Scheduler = Take("Schedule type"),
            Guidance = Number<double>(Take("CFG scale")),
            Seed = Number<ulong>(Take("Seed")),
            Width = size.Length == 2 ? Number<int>(size[0]) : null,
            Height = size.Length == 2 ? Number<int>(size[1]) : null,
            Model = Take("Model"),
            Version = Take("Version"),
            Other = settings.Count == 0 ? ReadOnlyDictionary<string, string>.Empty : settings,
        };
    }

    private static T? Number<T>(string? text)
        where T : struct, ISpanParsable<T> => T.TryParse(text, CultureInfo.InvariantCulture, out T value) ? value : null;

    private IEnumerable<KeyValuePair<string, string>> Settings()
    {
        (string Key, string? Value)[] known =
        [
            ("Steps", Steps?.ToString(CultureInfo.InvariantCulture)),
            ("Sampler", Sampler),
            ("Schedule type", Scheduler),
            ("CFG scale", Guidance?.ToString(CultureInfo.InvariantCulture)),
            ("Seed", Seed?.ToString(CultureInfo.InvariantCulture)),
            ("Size", Width is null || Height is null ? null : string.Create(CultureInfo.InvariantCulture, $"{Width}x{Height}")),
            ("Model", Model),
        ];
        return known
            .Concat(Other.Select(pair => (pair.Key, (string?)pair.Value)))
            .Append(("Version", Version))
            .Where(pair => !string.IsNullOrEmpty(pair.Item2))
            .Select(pair => new KeyValuePair<string, string>(pair.Item1, pair.Item2!));
    }

    /// <summary>Reads "Name: value, Name: value"; gives nothing where the line is not of this form throughout.</summary>
    private static Dictionary<string, string> ParseSettings(ReadOnlySpan<char> line)
    {
        Dictionary<string, string> settings = new(StringComparer.Ordinal);
        while (!line.IsEmpty)
        {
            int colon = line.IndexOf(':');
            ReadOnlySpan<char> name = colon < 0 ? [] : line[..colon].Trim();
            if (name.IsEmpty || name.ContainsAny(",\""))
            {
                settings.Clear();
                return settings;
            }

            ReadOnlySpan<char> rest = line[(colon + 1)..].TrimStart();
            int length = QuotedLength(rest);
            string? value = length > 0 ? Unquote(rest[..length]) : null;
            if (value is null)
            {
                int comma = rest.IndexOf(',');
                length = comma < 0 ? rest.Length : comma;
                value = rest[..length].Trim().ToString();
            }

            settings[name.ToString()] = value;
            line = rest[length..].TrimStart().TrimStart(',').TrimStart();
        }

        return settings;
    }

    /// <summary>The length of the quoted value at the start, its quotes included, or 0.</summary>
    private static int QuotedLength(ReadOnlySpan<char> text)
    {
        if (!text.StartsWith('"'))
        {
            return 0;
        }

        for (int i = 1; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == '"')
            {
                return i + 1;
            }
        }

        return 0;
    }

    private static string Quote(string value) => value.AsSpan().ContainsAny(",:\"\n\r") || value != value.Trim()
        ? $"\"{JsonEncodedText.Encode(value, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\""
        : value;

    private static string? Unquote(ReadOnlySpan<char> quoted)
    {
        try
        {
            return JsonNode.Parse(quoted.ToString())?.GetValue<string>();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string OnlyLineFeeds(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal);
}
