using Chroma.Interop;

namespace Chroma.Models;

/// <summary>The types of metadata values.</summary>
public enum MetadataKind
{
    /// <summary>Text.</summary>
    Text = chroma_metadata_kind.CHROMA_METADATA_STRING,

    /// <summary>Whole numbers.</summary>
    WholeNumber = chroma_metadata_kind.CHROMA_METADATA_INTEGER,

    /// <summary>Floating-point numbers.</summary>
    Number = chroma_metadata_kind.CHROMA_METADATA_NUMBER,

    /// <summary>True or false.</summary>
    Boolean = chroma_metadata_kind.CHROMA_METADATA_BOOLEAN,
}

/// <summary>One entry of a checkpoint's metadata. Its value is read when asked for, while the <see cref="WeightsFile"/> is open.</summary>
public sealed class MetadataEntry
{
    private readonly WeightsFile _file;
    private readonly long _index;

    internal MetadataEntry(WeightsFile file, long index, in chroma_metadata metadata, string key)
    {
        _file = file;
        _index = index;
        Key = key;
        Kind = (MetadataKind)metadata.kind;
        IsArray = metadata.is_array != 0;
        Count = checked((int)metadata.count);
    }

    /// <summary>The key, such as <c>general.architecture</c>.</summary>
    public string Key { get; }

    /// <summary>The type of the value, or of an array's elements.</summary>
    public MetadataKind Kind { get; }

    /// <summary>Whether the value is an array.</summary>
    public bool IsArray { get; }

    /// <summary>The number of an array's elements; 1 for a single value.</summary>
    public int Count { get; }

    /// <summary>The text of a single string.</summary>
    /// <exception cref="InvalidDataException">The value is of another kind.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public string AsString()
    {
        Expect(!IsArray && Kind == MetadataKind.Text, "a string");
        return _file.ReadString(_index, 0);
    }

    /// <summary>The texts of a string array; a single string counts as one of one. Bytes that are not UTF-8 become U+FFFD.</summary>
    /// <exception cref="InvalidDataException">The value is of another kind.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public string[] AsStrings()
    {
        Expect(Kind == MetadataKind.Text, "strings");
        string[] texts = new string[Count];
        for (int i = 0; i < texts.Length; i++)
        {
            texts[i] = _file.ReadString(_index, i);
        }

        return texts;
    }

    /// <summary>A single whole number.</summary>
    /// <exception cref="InvalidDataException">The value is of another kind.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public long AsInteger()
    {
        Expect(!IsArray && Kind == MetadataKind.WholeNumber, "a whole number");
        return (long)_file.ReadNumbers(_index, 1)[0];
    }

    /// <summary>A single number, whole or not.</summary>
    /// <exception cref="InvalidDataException">The value is of another kind.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public double AsNumber()
    {
        Expect(!IsArray && Kind is MetadataKind.WholeNumber or MetadataKind.Number, "a number");
        return _file.ReadNumbers(_index, 1)[0];
    }

    /// <summary>The numbers of an array; a single number counts as one of one, and booleans as 0 and 1.</summary>
    /// <exception cref="InvalidDataException">The value is of another kind.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public double[] AsNumbers()
    {
        Expect(Kind != MetadataKind.Text, "numbers");
        return _file.ReadNumbers(_index, Count);
    }

    /// <summary>The bytes of an array of 8-bit numbers, whether the file calls them signed or not.</summary>
    /// <exception cref="InvalidDataException">The value is of another kind, or a number needs more than 8 bits.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public byte[] AsBytes()
    {
        Expect(IsArray && Kind == MetadataKind.WholeNumber, "bytes");
        double[] numbers = AsNumbers();
        Expect(Array.TrueForAll(numbers, number => number is >= sbyte.MinValue and <= byte.MaxValue), "bytes");
        return Array.ConvertAll(numbers, number => unchecked((byte)(int)number));
    }

    /// <summary>A single truth.</summary>
    /// <exception cref="InvalidDataException">The value is of another kind.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public bool AsBoolean()
    {
        Expect(!IsArray && Kind == MetadataKind.Boolean, "true or false");
        return _file.ReadNumbers(_index, 1)[0] != 0;
    }

    private void Expect(bool fits, string expected)
    {
        if (!fits)
        {
            throw new InvalidDataException($"'{_file.Path}': the metadata '{Key}' is {(IsArray ? "an array of" : "a single")} {Kind}, expected {expected}.");
        }
    }
}
