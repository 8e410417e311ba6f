using System.Collections.Frozen;
using System.Globalization;

namespace Chroma.Sampling;

/// <summary>The options of samplers as texts, the reverse of <see cref="SamplerOptions"/>.</summary>
internal static class OptionTexts
{
    /// <summary>No options.</summary>
    public static IReadOnlyDictionary<string, string> None => FrozenDictionary<string, string>.Empty;

    /// <summary>Those of the options that differ from their defaults. A switch is 1 or 0.</summary>
    public static IReadOnlyDictionary<string, string> Of(params ReadOnlySpan<(string Key, double Value, double Default)> options)
    {
        OrderedDictionary<string, string> texts = new(StringComparer.Ordinal);
        foreach ((string key, double value, double fallback) in options)
        {
            if (value != fallback)
            {
                texts[key] = double.IsPositiveInfinity(value) ? "inf" : value.ToString("R", CultureInfo.InvariantCulture);
            }
        }

        return texts;
    }
}
