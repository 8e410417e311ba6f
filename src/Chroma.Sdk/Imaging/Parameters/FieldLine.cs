namespace Chroma.Imaging;

/// <summary>One setting of a line of settings.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value, without the quotes.</param>
/// <param name="HasColon">False where only a name stands, which is how the web UI writes a setting that is named like its value.</param>
internal readonly record struct Field(string Name, string Value, bool HasColon);

/// <summary>
/// Lines of settings, <c>Name: value, Name: value</c>. A value is a text in quotes with JSON's escapes, a JSON object or array (whose commas belong to it), or
/// whatever stands before the next comma.
/// </summary>
internal static class FieldLine
{
    /// <summary>Reads a line. Every line has a reading; whether it makes sense is another question.</summary>
    public static List<Field> Parse(ReadOnlySpan<char> line)
    {
        List<Field> fields = [];
        int at = 0;
        while (true)
        {
            at = Skip(line, at, " \t,");
            if (at >= line.Length)
            {
                return fields;
            }

            string name = ReadName(line, ref at);
            if (at >= line.Length || line[at] != ':')
            {
                fields.Add(new Field(name, name, HasColon: false));
                continue;
            }

            at++;
            fields.Add(new Field(name, ReadValue(line, ref at), HasColon: true));
        }
    }

    /// <summary>Writes a line that <see cref="Parse"/> reads back.</summary>
    public static string Write(IEnumerable<KeyValuePair<string, string>> fields) =>
        string.Join(", ", fields.Select(field => $"{Name(field.Key)}: {Value(field.Value)}"));

    private static string Name(string name) =>
        name.Length == 0 || name != name.Trim() || name.AsSpan().ContainsAny(",:\"\n") || QuotedText.HasFragile(name) ? QuotedText.Write(name) : name;

    private static string Value(string value)
    {
        if (value.Length == 0 || value != value.Trim() || QuotedText.HasFragile(value) || value.Contains('\n', StringComparison.Ordinal) || value[0] == '"')
        {
            return QuotedText.Write(value);
        }

        // JSON stays as it is: other programs look for it without quotes.
        bool plain = value[0] is '{' or '[' ? Balanced(value, 0) == value.Length : !value.AsSpan().ContainsAny(",:\"");
        return plain ? value : QuotedText.Write(value);
    }

    private static string ReadName(ReadOnlySpan<char> line, ref int at)
    {
        int end = at;
        if (QuotedText.Read(line, ref end) is string quoted && (end = Skip(line, end, " \t")) < line.Length && line[end] == ':')
        {
            at = end;
            return quoted;
        }

        int length = line[at..].IndexOfAny(',', ':');
        ReadOnlySpan<char> name = length < 0 ? line[at..] : line.Slice(at, length);
        at += name.Length;
        return name.Trim().ToString();
    }

    private static string ReadValue(ReadOnlySpan<char> line, ref int at)
    {
        int start = Skip(line, at, " \t");
        int end = start;
        if (QuotedText.Read(line, ref end) is string quoted && EndsField(line, ref end))
        {
            at = end;
            return quoted;
        }

        end = Balanced(line, start);
        int close = end;
        if (end > start && EndsField(line, ref end))
        {
            at = end;
            return line[start..close].ToString();
        }

        int comma = line[start..].IndexOf(',');
        at = comma < 0 ? line.Length : start + comma;
        return line[start..at].Trim().ToString();
    }

    /// <summary>The end of the JSON object or array that begins here; the beginning where none does.</summary>
    private static int Balanced(ReadOnlySpan<char> line, int start)
    {
        Stack<char> open = [];
        for (int at = start; at < line.Length; at++)
        {
            char c = line[at];
            if (c is '{' or '[')
            {
                open.Push(c == '{' ? '}' : ']');
            }
            else if (open.Count == 0)
            {
                return start;
            }
            else if (c == '"')
            {
                if (QuotedText.Read(line, ref at) is null)
                {
                    return start;
                }

                at--;
            }
            else if (c is '}' or ']')
            {
                if (open.Pop() != c)
                {
                    return start;
                }

                if (open.Count == 0)
                {
                    return at + 1;
                }
            }
        }

        return start;
    }

    private static bool EndsField(ReadOnlySpan<char> line, ref int at)
    {
        at = Skip(line, at, " \t");
        return at >= line.Length || line[at] == ',';
    }

    private static int Skip(ReadOnlySpan<char> line, int at, ReadOnlySpan<char> what)
    {
        while (at < line.Length && what.Contains(line[at]))
        {
            at++;
        }

        return at;
    }
}
