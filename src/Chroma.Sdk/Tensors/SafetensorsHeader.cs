using System.Text.Json;
using System.Text.Unicode;

namespace Chroma.Tensors;

/// <summary>
/// Reads the JSON header of a safetensors file and checks every claim in it against the size of the file. The rules are those of
/// the format's description (huggingface/safetensors): the tensors lie one after another, fill the data to its last byte, and
/// neither overlap nor leave holes.
/// </summary>
internal static class SafetensorsHeader
{
    /// <summary>The longest header that the format allows, in bytes.</summary>
    internal const long MaximumLength = 100_000_000;

    /// <summary>The bytes before the header: its length, little-endian.</summary>
    internal const int PrefixLength = sizeof(ulong);

    private const string MetadataKey = "__metadata__";

    /// <summary>Parses and checks a header.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="json">The header's bytes.</param>
    /// <param name="fileLength">The length of the whole file in bytes.</param>
    /// <returns>The tensors in file order, and the metadata.</returns>
    /// <exception cref="SafetensorsException">The header is not what the format asks for, or does not fit the file.</exception>
    internal static (List<SafetensorsTensor> Tensors, Dictionary<string, string> Metadata) Parse(
        string path, ReadOnlyMemory<byte> json, long fileLength)
    {
        if (!Utf8.IsValid(json.Span))
        {
            throw new SafetensorsException($"'{path}' is not a safetensors file: its header is not UTF-8 text.");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return Read(path, document.RootElement, PrefixLength + json.Length, fileLength);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a JSON string that no .NET string can hold, such as half of a surrogate pair.
            throw new SafetensorsException($"'{path}' is not a safetensors file: its header is not valid JSON ({exception.Message})", exception);
        }
    }

    private static (List<SafetensorsTensor> Tensors, Dictionary<string, string> Metadata) Read(
        string path, JsonElement root, long dataStart, long fileLength)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new SafetensorsException($"'{path}' is not a safetensors file: its header is a JSON {root.ValueKind}, expected an object.");
        }

        List<SafetensorsTensor> tensors = [];
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        foreach (JsonProperty property in root.EnumerateObject())
        {
            CheckName(path, property.Name, "tensor name");
            if (property.Name == MetadataKey)
            {
                ReadMetadata(path, property.Value, metadata);
            }
            else
            {
                tensors.Add(ReadTensor(path, property.Name, property.Value, dataStart, fileLength));
            }
        }

        tensors.Sort((a, b) => (a.Offset, a.ByteLength).CompareTo((b.Offset, b.ByteLength)));
        CheckLayout(path, tensors, dataStart, fileLength);
        return (tensors, metadata);
    }

    // The same names as the native reader takes: a null would cut them short for C, a line break would tear a message.
    private static void CheckName(string path, string name, string what)
    {
        if (name.Length == 0 || name.Any(char.IsControl))
        {
            string shown = string.Concat(name.Select(c => char.IsControl(c) ? ' ' : c));
            throw new SafetensorsException($"'{path}' has a {what} that is empty or holds control characters: '{shown}'.");
        }
    }

    private static void ReadMetadata(string path, JsonElement value, Dictionary<string, string> metadata)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw new SafetensorsException($"'{path}': {MetadataKey} is a JSON {value.ValueKind}, expected an object of strings.");
        }

        foreach (JsonProperty entry in value.EnumerateObject())
        {
            CheckName(path, entry.Name, $"name in {MetadataKey}");
            if (entry.Value.ValueKind != JsonValueKind.String)
            {
                throw new SafetensorsException($"'{path}': the metadata '{entry.Name}' is a JSON {entry.Value.ValueKind}, expected a string.");
            }

            metadata.Add(entry.Name, entry.Value.GetString()!);
        }
    }

    private static SafetensorsTensor ReadTensor(string path, string name, JsonElement entry, long dataStart, long fileLength)
    {
        if (entry.ValueKind != JsonValueKind.Object
            || !entry.TryGetProperty("dtype", out JsonElement typeName) || typeName.ValueKind != JsonValueKind.String
            || !entry.TryGetProperty("shape", out JsonElement shapeValue) || shapeValue.ValueKind != JsonValueKind.Array
            || !entry.TryGetProperty("data_offsets", out JsonElement offsets) || offsets.ValueKind != JsonValueKind.Array)
        {
            throw new SafetensorsException(
                $"'{path}': the header of tensor '{name}' is incomplete, expected a dtype string, a shape array and a data_offsets array.");
        }

        if (!SafetensorsTypes.TryParse(typeName.GetString()!, out SafetensorsType type))
        {
            throw new SafetensorsException(
                $"'{path}': tensor '{name}' has the type '{typeName.GetString()}', expected one of {string.Join(", ", Enum.GetValues<SafetensorsType>().Select(SafetensorsTypes.HeaderName))}.");
        }

        long[] shape = ReadIntegers(path, name, "shape", shapeValue);
        long[] range = ReadIntegers(path, name, "data_offsets", offsets);
        if (range.Length != 2 || range[0] > range[1])
        {
            throw new SafetensorsException(
                $"'{path}': the data_offsets of tensor '{name}' are [{string.Join(", ", range)}], expected a start and an end that is not before it.");
        }

        if (range[1] > fileLength - dataStart)
        {
            throw new SafetensorsException(
                $"'{path}': tensor '{name}' ends at byte {range[1]} of the data, but the file has only {fileLength - dataStart}; it may be truncated.");
        }

        long byteLength = range[1] - range[0];
        if (ByteLength(shape, type) is not long expected)
        {
            throw new SafetensorsException(
                $"'{path}': the shape [{string.Join(", ", shape)}] of tensor '{name}' has more elements than any file can hold.");
        }

        if (byteLength != expected)
        {
            throw new SafetensorsException(
                $"'{path}': tensor '{name}' of type {type.HeaderName()} and shape [{string.Join(", ", shape)}] takes {byteLength} bytes, expected {expected}.");
        }

        return new SafetensorsTensor(name, type, shape, dataStart + range[0], byteLength);
    }

    private static long[] ReadIntegers(string path, string tensor, string field, JsonElement array)
    {
        long[] values = new long[array.GetArrayLength()];
        int count = 0;
        foreach (JsonElement item in array.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out long value) || value < 0)
            {
                throw new SafetensorsException(
                    $"'{path}': the {field} of tensor '{tensor}' contains {item.GetRawText()}, expected whole numbers from 0 to {long.MaxValue}.");
            }

            values[count++] = value;
        }

        return values;
    }

    /// <summary>The bytes that a tensor takes, or null where the number passes 2^63. Any order of axes gives the same answer.</summary>
    private static long? ByteLength(long[] shape, SafetensorsType type)
    {
        if (shape.Contains(0))
        {
            return 0;
        }

        Int128 bytes = type.ElementSize();
        foreach (long length in shape)
        {
            bytes *= length;
            if (bytes > long.MaxValue)
            {
                return null;
            }
        }

        return (long)bytes;
    }

    private static void CheckLayout(string path, List<SafetensorsTensor> tensors, long dataStart, long fileLength)
    {
        long end = dataStart;
        string previous = "";
        foreach (SafetensorsTensor tensor in tensors)
        {
            if (tensor.Offset < end)
            {
                throw new SafetensorsException($"'{path}': the tensors '{previous}' and '{tensor.Name}' overlap, expected one after the other.");
            }

            if (tensor.Offset > end)
            {
                throw new SafetensorsException(
                    $"'{path}': {tensor.Offset - end} bytes before tensor '{tensor.Name}' belong to no tensor, expected none.");
            }

            end = tensor.Offset + tensor.ByteLength;
            previous = tensor.Name;
        }

        if (end != fileLength)
        {
            throw new SafetensorsException($"'{path}': {fileLength - end} bytes after the last tensor belong to no tensor, expected none.");
        }
    }
}
