using System.Globalization;
using System.Text;

namespace Chroma.Configuration;

/// <summary>
/// Numbers in texts: options, configuration, <c>key=value</c>. They are read in one way on every machine, whatever its language: digits 0 to 9, a point
/// before the decimals, an exponent (<c>1e-3</c>) where decimals are possible, a sign, and nothing between the digits. <see cref="WhatWasMeant"/> says
/// how to write a number that came otherwise, so that <c>2,5</c> is answered with <c>2.5</c> and never taken for 25.
/// </summary>
public static class NumberText
{
    private const int LongestNumber = 64;

    /// <summary>Reads a number; white space around it is ignored.</summary>
    /// <param name="text">The text.</param>
    /// <param name="number">The number, always finite.</param>
    /// <returns>False for anything else, <c>NaN</c>, <c>Infinity</c> and numbers beyond a double's range included.</returns>
    public static bool TryParse(string? text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    /// <summary>Reads a whole number; white space around it is ignored.</summary>
    /// <param name="text">The text: a sign and digits alone.</param>
    /// <param name="number">The number.</param>
    /// <returns>Whether the text is one that 128 bits hold.</returns>
    public static bool TryParseWhole(string? text, out Int128 number) =>
        Int128.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out number);

    /// <summary>
    /// How to write a number that <see cref="TryParse"/> does not read: with a decimal comma, separators between thousands, digits of other scripts,
    /// or in hexadecimal.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <returns>What it may mean, the likeliest first; nothing where it looks like no number.</returns>
    public static IReadOnlyList<string> WhatWasMeant(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return [.. Readings(text).Where(reading => reading != text.Trim() && TryParse(reading, out _)).Distinct()];
    }

    /// <summary>How to write a whole number that <see cref="TryParseWhole"/> does not read: <c>1000</c> for <c>1,000</c>, <c>1e3</c> or <c>1000.0</c>.</summary>
    /// <inheritdoc cref="WhatWasMeant(string)"/>
    public static IReadOnlyList<string> WhatWholeNumberWasMeant(string text)
    {
        ArgumentNullException.ThrowIfNull(text);

        // Thousands are likelier than decimals where there can be no decimals.
        IEnumerable<string> likely = Readings(text).Reverse();
        return [.. likely.Select(AsWhole).OfType<string>().Where(reading => reading != text.Trim()).Distinct()];
    }

    /// <summary>The end of a sentence about a number that is not read: what was meant, where that can be told.</summary>
    internal static string Advice(IReadOnlyList<string> meant) => meant.Count == 0 ? "." : $": write {string.Join(" or ", meant)}.";

    private static string? AsWhole(string reading) =>
        TryParse(reading, out double number) && Math.Abs(number) < 1e18 && number == Math.Truncate(number)
            ? TryParseWhole(reading, out Int128 whole) ? whole.ToString(CultureInfo.InvariantCulture) : ((long)number).ToString(CultureInfo.InvariantCulture)
            : null;

    private static IEnumerable<string> Readings(string text)
    {
        string plain = InPlainDigits(text);
        if (plain.Length is 0 or > LongestNumber)
        {
            return [];
        }

        if (plain.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return ulong.TryParse(plain.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong hexadecimal)
                ? [hexadecimal.ToString(CultureInfo.InvariantCulture)]
                : [];
        }

        return (plain.LastIndexOf(','), plain.LastIndexOf('.')) switch
        {
            (-1, -1) => [plain],
            (-1, _) => OneMark(plain, '.'),
            (_, -1) => OneMark(plain, ','),
            (int comma, int point) when comma > point => [plain.Replace(".", "", StringComparison.Ordinal).Replace(',', '.')],
            _ => [plain.Replace(",", "", StringComparison.Ordinal)],
        };
    }

    /// <summary>A mark that may stand before decimals, or between thousands if three digits follow it everywhere.</summary>
    private static IEnumerable<string> OneMark(string plain, char mark)
    {
        string[] parts = plain.Split(mark);
        if (parts.Length == 2)
        {
            yield return string.Join('.', parts);
        }

        if (parts[0].TrimStart('+', '-').Length is >= 1 and <= 3 && parts[1..].All(part => part.Length == 3 && part.All(char.IsAsciiDigit)))
        {
            yield return string.Concat(parts);
        }
    }

    /// <summary>ASCII digits and signs for those of other scripts, and nothing for what is put between thousands.</summary>
    private static string InPlainDigits(string text)
    {
        StringBuilder plain = new();
        foreach (char letter in text)
        {
            if (CharUnicodeInfo.GetDecimalDigitValue(letter) is int digit and >= 0)
            {
                plain.Append((char)('0' + digit));
            }
            else if (!char.IsWhiteSpace(letter) && letter is not ('_' or '\'' or '’' or '\u066C'))
            {
                plain.Append(letter switch { '\u2212' => '-', '\u066B' or '\uFF0E' => '.', '\uFF0C' => ',', _ => letter });
            }
        }

        return plain.ToString();
    }
}
