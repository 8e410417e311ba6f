using System.Text;
using Microsoft.ML.Tokenizers;

namespace Chroma.Tokenization;

/// <summary>
/// What T5 does to a text before tokenizing it: compiled character rules (NFKC and more), white space stripped off the
/// right end, and several spaces in a row made one.
/// </summary>
public sealed class T5Normalizer : Normalizer
{
    private readonly PrecompiledCharsMap _charsMap;
    private readonly WhitespaceRules _rules;

    internal T5Normalizer(PrecompiledCharsMap charsMap, WhitespaceRules rules)
    {
        _charsMap = charsMap;
        _rules = rules;
    }

    /// <summary>Normalizes a text.</summary>
    /// <param name="original">Any text; unpaired surrogates become U+FFFD.</param>
    /// <returns>The normalized text, in which runs of spaces are U+2581.</returns>
    public override string Normalize(string original)
    {
        ArgumentNullException.ThrowIfNull(original);
        return Normalize(original.AsSpan());
    }

    /// <inheritdoc cref="Normalize(string)"/>
    public override string Normalize(ReadOnlySpan<char> original)
    {
        StringBuilder mapped = new(original.Length);
        if (IsWellFormed(original))
        {
            _charsMap.Apply(original, mapped);
        }
        else
        {
            StringBuilder repaired = new(original.Length);
            foreach (Rune rune in original.EnumerateRunes())
            {
                repaired.Append(rune.ToString());
            }

            _charsMap.Apply(repaired.ToString(), mapped);
        }

        int begin = 0;
        int end = mapped.Length;
        string text = mapped.ToString();
        while (_rules.StripRight && end > 0 && char.IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        while (_rules.StripLeft && begin < end && char.IsWhiteSpace(text[begin]))
        {
            begin++;
        }

        return _rules.CollapseSpaces ? CollapseSpaces(text.AsSpan(begin, end - begin)) : text[begin..end];
    }

    private static string CollapseSpaces(ReadOnlySpan<char> text)
    {
        if (!text.Contains("  ", StringComparison.Ordinal))
        {
            return text.ToString();
        }

        StringBuilder output = new(text.Length);
        while (!text.IsEmpty)
        {
            int spaces = text.IndexOfAnyExcept(' ');
            spaces = spaces < 0 ? text.Length : spaces;
            if (spaces > 0)
            {
                output.Append(spaces == 1 ? ' ' : MetaspacePreTokenizer.WordMark);
                text = text[spaces..];
            }

            int next = text.IndexOf(' ');
            next = next < 0 ? text.Length : next;
            output.Append(text[..next]);
            text = text[next..];
        }

        return output.ToString();
    }

    private static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        if (text.IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            return true;
        }

        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return false;
            }
        }

        return true;
    }
}
