using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Chroma.Imaging;

/// <summary>Settings by name, in their order. Two are equal if they hold the same.</summary>
internal sealed class FieldMap : IReadOnlyDictionary<string, string>
{
    private readonly OrderedDictionary<string, string> _fields = new(StringComparer.Ordinal);

    /// <summary>No settings.</summary>
    public static FieldMap Empty { get; } = new();

    public IEnumerable<string> Keys => _fields.Keys;

    public IEnumerable<string> Values => _fields.Values;

    public int Count => _fields.Count;

    public string this[string key] => _fields[key];

    /// <summary>Copies settings, so that the copy does not change with them.</summary>
    public static FieldMap Of(IEnumerable<KeyValuePair<string, string>> fields)
    {
        if (fields is FieldMap same)
        {
            return same;
        }

        FieldMap map = new();
        foreach ((string name, string value) in fields)
        {
            map._fields[name] = value ?? "";
        }

        return map.Count == 0 ? Empty : map;
    }

    /// <summary>
    /// Takes over what a line has. Of settings with the same name the last one counts, as in the web UI; those before it are kept under numbered names.
    /// </summary>
    public static FieldMap Of(IReadOnlyList<Field> fields)
    {
        FieldMap map = new();
        foreach (Field field in fields)
        {
            if (map._fields.TryGetValue(field.Name, out string? earlier) && earlier != field.Value)
            {
                map._fields[map.Numbered(field.Name)] = earlier;
            }

            map._fields[field.Name] = field.Value;
        }

        return map;
    }

    public bool ContainsKey(string key) => _fields.ContainsKey(key);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value) => _fields.TryGetValue(key, out value);

    /// <summary>Takes a setting out whose value can be read, whatever the case of its name; one that cannot be read stays.</summary>
    public bool TryTake<T>(string name, Func<string, T?> read, [NotNullWhen(true)] out T? value)
    {
        string? key = _fields.ContainsKey(name) ? name : _fields.Keys.FirstOrDefault(other => other.Equals(name, StringComparison.OrdinalIgnoreCase));
        value = key is null ? default : read(_fields[key]);
        return value is not null && _fields.Remove(key!);
    }

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _fields.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override bool Equals(object? obj) => obj is FieldMap other && Count == other.Count
        && _fields.All(field => other._fields.TryGetValue(field.Key, out string? value) && value == field.Value);

    public override int GetHashCode() => _fields.Aggregate(Count, (hash, field) => hash ^ HashCode.Combine(field.Key, field.Value));

    public override string ToString() => FieldLine.Write(_fields);

    private string Numbered(string name)
    {
        int number = 1;
        string numbered;
        do
        {
            numbered = string.Create(CultureInfo.InvariantCulture, $"{name} ({number++})");
        }
        while (_fields.ContainsKey(numbered));
        return numbered;
    }
}
