using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Chroma.Files;

namespace Chroma.Tensors;

/// <summary>
/// Gathers named tensors and writes them as one safetensors file. The file appears under its name only when it is complete: a failure
/// leaves whatever was there before.
/// </summary>
/// <example>
/// <code>
/// SafetensorsWriter writer = new();
/// writer.Add("x", tensor);
/// writer.Save("out.safetensors");
/// </code>
/// </example>
public sealed class SafetensorsWriter
{
    private const int ChunkElements = 1 << 18;

    private readonly List<Entry> _entries = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Free text for the header (<c>__metadata__</c>); left out where empty.</summary>
    public IDictionary<string, string> Metadata { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Adds a float32 tensor, which is read when the file is saved.</summary>
    /// <param name="name">Its name, not yet taken.</param>
    /// <param name="tensor">The tensor; not copied.</param>
    /// <exception cref="ArgumentException">The name is empty, reserved or taken, or holds control characters.</exception>
    public void Add(string name, FloatTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        Add(name, new Entry(name, SafetensorsType.F32, tensor.Shape.ToArray(), tensor.Length, tensor.Memory, default));
    }

    /// <summary>Adds an int32 tensor, which is read when the file is saved.</summary>
    /// <param name="name">Its name, not yet taken.</param>
    /// <param name="data">The elements, row-major; not copied.</param>
    /// <param name="shape">The length of each axis; their product is the number of elements.</param>
    /// <exception cref="ArgumentException">The name is empty, reserved or taken, or holds control characters, or the shape does not fit the elements.</exception>
    public void Add(string name, ReadOnlyMemory<int> data, params ReadOnlySpan<int> shape)
    {
        Int128 count = 1;
        foreach (int length in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(length, nameof(shape));
            count = Int128.Min(count * length, long.MaxValue);
        }

        if (count != data.Length)
        {
            throw new ArgumentException(
                $"The shape [{string.Join(", ", shape.ToArray())}] of tensor '{name}' does not hold the {data.Length} elements given.", nameof(shape));
        }

        Add(name, new Entry(name, SafetensorsType.I32, shape.ToArray(), data.Length, default, data));
    }

    /// <summary>Writes the file, replacing one of the same name; a pipe or a device is written to.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <exception cref="SafetensorsException">The file cannot be written. Nothing half-written stays behind.</exception>
    public void Save(string path)
    {
        try
        {
            using OutputStream stream = new(path);
            Save(stream);
            stream.Finish();
        }
        catch (IOException exception)
        {
            throw new SafetensorsException(exception.Message, exception);
        }
    }

    /// <summary>Writes the file to a stream.</summary>
    /// <param name="stream">Where to; it stays open. It need not be one that seeks.</param>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("Safetensors files are written on little-endian machines only.");
        }

        ReadOnlySpan<byte> header = MakeHeader();
        Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixLength];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
        stream.Write(prefix);
        stream.Write(header);
        foreach (Entry entry in _entries)
        {
            // In chunks: a span of bytes ends at 2^31, which a tensor of 2^30 elements passes.
            for (int start = 0, count; start < entry.Count; start += count)
            {
                count = Math.Min(ChunkElements, entry.Count - start);
                stream.Write(entry.Type == SafetensorsType.F32
                    ? MemoryMarshal.AsBytes(entry.Singles.Span.Slice(start, count))
                    : MemoryMarshal.AsBytes(entry.Integers.Span.Slice(start, count)));
            }
        }
    }

    /// <summary>Writes float32 tensors as one file, in the order in which the dictionary gives them.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="tensors">The tensors by name.</param>
    /// <param name="metadata">Free text for the header, or null for none.</param>
    /// <exception cref="ArgumentException">A name is empty or reserved, or holds control characters.</exception>
    /// <exception cref="SafetensorsException">The file cannot be written. Nothing half-written stays behind.</exception>
    public static void Save(
        string path, IEnumerable<KeyValuePair<string, FloatTensor>> tensors, IEnumerable<KeyValuePair<string, string>>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        SafetensorsWriter writer = new();
        foreach ((string name, FloatTensor tensor) in tensors)
        {
            writer.Add(name, tensor);
        }

        foreach ((string key, string value) in metadata ?? [])
        {
            writer.Metadata[key] = value;
        }

        writer.Save(path);
    }

    private void Add(string name, Entry entry)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Any(char.IsControl))
        {
            throw new ArgumentException("The name of a tensor holds control characters.", nameof(name));
        }

        if (name == "__metadata__")
        {
            throw new ArgumentException("The name '__metadata__' is reserved by the format.", nameof(name));
        }

        if (!_names.Add(name))
        {
            throw new ArgumentException($"There is a tensor '{name}' already.", nameof(name));
        }

        _entries.Add(entry);
    }

    /// <summary>The JSON header, padded with spaces so that the data starts at a multiple of eight bytes.</summary>
    private ReadOnlySpan<byte> MakeHeader()
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            if (Metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in Metadata)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            long offset = 0;
            foreach (Entry entry in _entries)
            {
                json.WriteStartObject(entry.Name);
                json.WriteString("dtype", entry.Type.HeaderName());
                json.WriteStartArray("shape");
                foreach (int length in entry.Shape)
                {
                    json.WriteNumberValue(length);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                offset += (long)entry.Count * entry.Type.ElementSize();
                json.WriteNumberValue(offset);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        int padding = -buffer.WrittenCount & 7;
        buffer.GetSpan(padding)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        return buffer.WrittenSpan;
    }

    private sealed record Entry(
        string Name, SafetensorsType Type, int[] Shape, int Count, ReadOnlyMemory<float> Singles, ReadOnlyMemory<int> Integers);
}
