using Chroma.Configuration;

namespace Chroma.Sampling;

/// <summary>
/// Reads a sampler's options out of <c>key=value</c> texts. A factory asks for each option that its sampler knows; whatever was
/// given and never asked for is an error that names the known ones. Keys are compared without regard to case.
/// </summary>
public sealed class SamplerOptions
{
    private readonly Dictionary<string, string> _values;
    private readonly List<string> _known = [];

    /// <summary>Wraps the texts.</summary>
    /// <param name="sampler">The sampler's name, for messages.</param>
    /// <param name="values">The options; null is the same as none.</param>
    /// <exception cref="ArgumentException">A key stands there twice, differing in case.</exception>
    public SamplerOptions(string sampler, IEnumerable<KeyValuePair<string, string>>? values = null)
    {
        ArgumentNullException.ThrowIfNull(sampler);
        Sampler = sampler;
        _values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach ((string key, string value) in values ?? [])
        {
            if (!_values.TryAdd(key, value))
            {
                throw new ArgumentException($"The option '{key}' of sampler '{sampler}' is given twice.");
            }
        }
    }

    /// <summary>The sampler whose options these are.</summary>
    public string Sampler { get; }

    /// <summary>What was given, whether a factory asked for it or not.</summary>
    internal IReadOnlyDictionary<string, string> Given => _values;

    /// <summary>Reads a number in the invariant culture, <c>0.5</c>; the words <c>inf</c> and <c>infinity</c> are understood.</summary>
    /// <param name="key">The option's name.</param>
    /// <param name="fallback">The value when the option is absent.</param>
    /// <exception cref="ArgumentException">The text is no number.</exception>
    public double Number(string key, double fallback)
    {
        if (!TryTake(key, out string? text))
        {
            return fallback;
        }

        if (text.Trim().ToUpperInvariant() is "INF" or "INFINITY")
        {
            return double.PositiveInfinity;
        }

        return NumberText.TryParse(text, out double value) ? value : throw Wrong(key, text, "a number", NumberText.WhatWasMeant(text));
    }

    /// <summary>Reads a whole number.</summary>
    /// <param name="key">The option's name.</param>
    /// <param name="fallback">The value when the option is absent.</param>
    /// <exception cref="ArgumentException">The text is no whole number.</exception>
    public int WholeNumber(string key, int fallback)
    {
        if (!TryTake(key, out string? text))
        {
            return fallback;
        }

        return NumberText.TryParseWhole(text, out Int128 value) && value >= int.MinValue && value <= int.MaxValue
            ? (int)value
            : throw Wrong(key, text, "a whole number", NumberText.WhatWholeNumberWasMeant(text));
    }

    /// <summary>Reads a switch: <c>true</c>, <c>false</c>, <c>1</c> or <c>0</c>.</summary>
    /// <param name="key">The option's name.</param>
    /// <param name="fallback">The value when the option is absent.</param>
    /// <exception cref="ArgumentException">The text is none of these.</exception>
    public bool Switch(string key, bool fallback)
    {
        if (!TryTake(key, out string? text))
        {
            return fallback;
        }

        return text switch
        {
            "1" => true,
            "0" => false,
            _ => bool.TryParse(text, out bool value) ? value : throw Wrong(key, text, "true or false"),
        };
    }

    /// <summary>Reads one of several words.</summary>
    /// <typeparam name="T">What the words stand for.</typeparam>
    /// <param name="key">The option's name.</param>
    /// <param name="fallback">The value when the option is absent.</param>
    /// <param name="choices">Each word with its meaning.</param>
    /// <exception cref="ArgumentException">The text is none of the words.</exception>
    public T Choice<T>(string key, T fallback, params ReadOnlySpan<(string Word, T Value)> choices)
    {
        if (!TryTake(key, out string? text))
        {
            return fallback;
        }

        List<string> words = [];
        foreach ((string word, T value) in choices)
        {
            if (string.Equals(word, text, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }

            words.Add(word);
        }

        throw Wrong(key, text, string.Join(" or ", words));
    }

    /// <summary>Complains about options that nobody asked for.</summary>
    /// <exception cref="ArgumentException">There is one; the message names those that the sampler has.</exception>
    public void ThrowIfUnknown()
    {
        foreach (string key in _values.Keys)
        {
            if (!_known.Contains(key, StringComparer.OrdinalIgnoreCase))
            {
                string known = _known.Count == 0 ? "it has none" : $"it has {string.Join(", ", _known)}";
                throw new ArgumentException($"The sampler '{Sampler}' has no option '{key}'; {known}.");
            }
        }
    }

    private bool TryTake(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? text)
    {
        _known.Add(key);
        return _values.TryGetValue(key, out text);
    }

    private ArgumentException Wrong(string key, string text, string expected, IReadOnlyList<string>? meant = null) =>
        new($"The option '{key}' of sampler '{Sampler}' must be {expected}, but is '{text}'{NumberText.Advice(meant ?? [])}");
}
