using System.Globalization;
using Chroma.Models;

namespace Chroma.Imaging;

/// <summary>The names and the text forms of <see cref="GenerationParameters"/>' properties.</summary>
internal static class ParameterFields
{
    /// <summary>All settings that have a value, in the order of the text.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Write(GenerationParameters from)
    {
        (string Name, string? Value)[] known =
        [
            ("Steps", Text(from.Steps)),
            ("Sampler", from.Sampler),
            ("Schedule type", from.Scheduler),
            ("CFG scale", Text(from.Guidance)),
            ("Seed", Text(from.Seed)),
            ("Size", from.Width is null || from.Height is null ? null : string.Create(CultureInfo.InvariantCulture, $"{from.Width}x{from.Height}")),
            ("Model", from.Model),
            ("Sampler options", Text(from.SamplerOptions)),
            ("Shift", Text(from.Shift)),
            ("Mu", Text(from.Mu)),
            ("Image tokens", Text(from.ImageTokens)),
            ("Sigmas", from.Sigmas?.ToString()),
            ("Noise", from.Noise),
            ("Text mask", from.TextMask?.ToString().ToLowerInvariant()),
            ("Padding tokens", Text(from.PaddingTokens)),
            ("Token limit", Text(from.TokenLimit)),
            ("Cache threshold", Text(from.CacheThreshold)),
            ("Text encoder", from.TextEncoder),
            ("VAE", from.Autoencoder),
            ("Tokenizer", from.Tokenizer),
            ("Fingerprints", Text(from.Fingerprints)),
            ("Weight type", from.WeightType?.ToString().ToLowerInvariant()),
            ("RoPE axes", from.RopeAxes is { } axes ? string.Create(CultureInfo.InvariantCulture, $"{axes.Text},{axes.Row},{axes.Column}") : null),
            ("Device", from.Device),
        ];
        return known.Select(pair => (pair.Name, pair.Value))
            .Concat(from.Other.Select(pair => (pair.Key, (string?)pair.Value)))
            .Append(("Version", from.Version))
            .Where(pair => pair.Item2 is not null)
            .Select(pair => new KeyValuePair<string, string>(pair.Item1, pair.Item2!));
    }

    /// <summary>Takes the settings of known names out of a map; what stays is <see cref="GenerationParameters.Other"/>.</summary>
    public static GenerationParameters Read(FieldMap from)
    {
        (int Width, int Height)? size = Take(from, "Size", Size);
        return new GenerationParameters
        {
            Steps = Take(from, "Steps", Number<int>),
            Sampler = TakeText(from, "Sampler"),
            SamplerOptions = TakeMap(from, "Sampler options"),
            Scheduler = TakeText(from, "Schedule type"),
            Shift = Take(from, "Shift", Number<double>),
            Mu = Take(from, "Mu", Number<double>),
            ImageTokens = Take(from, "Image tokens", Number<int>),
            Sigmas = from.TryTake("Sigmas", NumberList.Parse, out NumberList? sigmas) ? sigmas : null,
            Guidance = Take(from, "CFG scale", Number<double>),
            Seed = Take(from, "Seed", Number<ulong>),
            Noise = TakeText(from, "Noise"),
            Width = size?.Width,
            Height = size?.Height,
            TextMask = Take(from, "Text mask", Word<TextMask>),
            PaddingTokens = Take(from, "Padding tokens", Number<int>),
            TokenLimit = Take(from, "Token limit", Number<int>),
            CacheThreshold = Take(from, "Cache threshold", Number<float>),
            Model = TakeText(from, "Model"),
            TextEncoder = TakeText(from, "Text encoder"),
            Autoencoder = TakeText(from, "VAE"),
            Tokenizer = TakeText(from, "Tokenizer"),
            Fingerprints = TakeMap(from, "Fingerprints"),
            WeightType = Take(from, "Weight type", Word<WeightType>),
            RopeAxes = Take(from, "RoPE axes", Axes),
            Device = TakeText(from, "Device"),
            Version = TakeText(from, "Version"),
            Other = from,
        };
    }

    private static string? Text<T>(T? value)
        where T : struct, IFormattable => value?.ToString(null, CultureInfo.InvariantCulture);

    private static string? Text(IReadOnlyDictionary<string, string> map) => map.Count == 0 ? null : FieldLine.Write(map);

    private static T? Take<T>(FieldMap from, string name, Func<string, T?> read)
        where T : struct => from.TryTake<object>(name, text => read(text), out object? value) ? (T)value : null;

    private static string? TakeText(FieldMap from, string name) => from.TryTake(name, text => text, out string? value) ? value : null;

    private static FieldMap TakeMap(FieldMap from, string name) => from.TryTake(
        name,
        text => FieldLine.Parse(text) is { Count: > 0 } fields && fields.TrueForAll(field => field.HasColon) ? FieldMap.Of(fields) : null,
        out FieldMap? map)
        ? map
        : FieldMap.Empty;

    /// <summary>Reads a number as programs write it: the invariant culture, without separators of thousands. A whole number may have a fraction of zeros.</summary>
    private static T? Number<T>(string text)
        where T : struct, System.Numerics.INumber<T>
    {
        const NumberStyles style = NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite | NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint
            | NumberStyles.AllowExponent;
        return T.TryParse(text, style, CultureInfo.InvariantCulture, out T value) && T.IsFinite(value) ? value : null;
    }

    private static T? Word<T>(string text)
        where T : struct, Enum => Array.Find(Enum.GetNames<T>(), name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is string name ? Enum.Parse<T>(name) : null;

    private static (int Width, int Height)? Size(string text) =>
        text.Split('x', 'X', '×') is [string width, string height] && Number<int>(width) is int w && Number<int>(height) is int h ? (w, h) : null;

    private static RopeAxes? Axes(string text) =>
        text.Split(',') is [string first, string second, string third] && Number<int>(first) is int a && Number<int>(second) is int b && Number<int>(third) is int c
            ? new RopeAxes(a, b, c)
            : null;
}
