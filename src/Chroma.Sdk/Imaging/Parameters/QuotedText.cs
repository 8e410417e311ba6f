using System.Globalization;
using System.Text;

namespace Chroma.Imaging;

/// <summary>
/// Strings in double quotes with JSON's escapes. Unlike a JSON reader it takes every UTF-16 string there is, unpaired surrogates too, and fails at nothing
/// but a missing quote: an escape that JSON does not know is kept as it is.
/// </summary>
internal static class QuotedText
{
    /// <summary>Whether a character may not stand in a text as it is, because some file format loses or changes it: controls but tab and line feed, unpaired surrogates, and marks of byte order.</summary>
    public static bool IsFragile(ReadOnlySpan<char> text, int at) =>
        (char.IsControl(text[at]) && text[at] is not ('\t' or '\n')) || text[at] is '\uFEFF' or '\uFFFE' or '\uFFFF' || IsUnpaired(text, at);

    /// <summary>Whether a text has a character that <see cref="IsFragile"/>.</summary>
    public static bool HasFragile(ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (IsFragile(text, i))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The text in quotes.</summary>
    public static string Write(string text)
    {
        StringBuilder quoted = new(text.Length + 2);
        quoted.Append('"');
        for (int i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '"' or '\\':
                    quoted.Append('\\').Append(text[i]);
                    break;
                case '\n':
                    quoted.Append("\\n");
                    break;
                case '\r':
                    quoted.Append("\\r");
                    break;
                case '\t':
                    quoted.Append("\\t");
                    break;
                default:
                    if (IsFragile(text, i))
                    {
                        quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:X4}");
                    }
                    else
                    {
                        quoted.Append(text[i]);
                    }

                    break;
            }
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>Reads a quoted text.</summary>
    /// <param name="text">Where it stands.</param>
    /// <param name="at">Its first quote; afterwards, what comes after its last one.</param>
    /// <returns>The text without quotes; null, and <paramref name="at"/> unchanged, where no quoted text stands.</returns>
    public static string? Read(ReadOnlySpan<char> text, ref int at)
    {
        if (at >= text.Length || text[at] != '"')
        {
            return null;
        }

        StringBuilder value = new();
        for (int i = at + 1; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                at = i + 1;
                return value.ToString();
            }

            if (text[i] == '\\' && i + 1 < text.Length)
            {
                i = ReadEscape(text, i, value);
            }
            else
            {
                value.Append(text[i]);
            }
        }

        return null;
    }

    /// <summary>Reads the escape that begins at a backslash, and gives the place of its last character.</summary>
    private static int ReadEscape(ReadOnlySpan<char> text, int backslash, StringBuilder value)
    {
        char kind = text[backslash + 1];
        if (kind == 'u' && backslash + 6 <= text.Length
            && ushort.TryParse(text.Slice(backslash + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort unit))
        {
            value.Append((char)unit);
            return backslash + 5;
        }

        char? plain = kind switch
        {
            '"' or '\\' or '/' => kind,
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'b' => '\b',
            'f' => '\f',
            _ => null,
        };
        if (plain is null)
        {
            value.Append('\\');
        }

        value.Append(plain ?? kind);
        return backslash + 1;
    }

    private static bool IsUnpaired(ReadOnlySpan<char> text, int at) => char.IsHighSurrogate(text[at])
        ? at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1])
        : char.IsLowSurrogate(text[at]) && (at == 0 || !char.IsHighSurrogate(text[at - 1]));
}
