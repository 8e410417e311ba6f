using System.Buffers.Binary;
using System.Text;

namespace Chroma.Testing;

/// <summary>
/// Writes GGUF files, sound ones or, with <see cref="GgufLies"/>, ones whose header does not tell the truth. Format: the specification in ggml's docs/gguf.md.
/// </summary>
public sealed class GgufWriter
{
    /// <summary>The number of the element type float32.</summary>
    public const uint F32 = 0;

    private const int Alignment = 32;

    private readonly List<byte> _metadata = [];
    private readonly List<Entry> _tensors = [];
    private ulong _metadataCount;

    private enum Kind : uint
    {
        Int8 = 1,
        UInt32 = 4,
        Int32 = 5,
        Float32 = 6,
        Bool = 7,
        String = 8,
        Array = 9,
    }

    /// <summary>What the header says that is not so; null for a sound file.</summary>
    public GgufLies? Lies { get; init; }

    /// <summary>Adds text.</summary>
    public GgufWriter Add(string key, string value) => Metadata(key, Kind.String, () => WriteText(_metadata, value));

    /// <summary>Adds a whole number of 32 bits.</summary>
    public GgufWriter Add(string key, uint value) => Metadata(key, Kind.UInt32, () => WriteUInt32(_metadata, value));

    /// <summary>Adds a number.</summary>
    public GgufWriter Add(string key, float value) => Metadata(key, Kind.Float32, () => WriteSingle(_metadata, value));

    /// <summary>Adds true or false.</summary>
    public GgufWriter Add(string key, bool value) => Metadata(key, Kind.Bool, () => _metadata.Add(value ? (byte)1 : (byte)0));

    /// <summary>Adds an array of texts.</summary>
    public GgufWriter Add(string key, string[] values) => Array(key, Kind.String, values, value => WriteText(_metadata, value));

    /// <summary>Adds an array of whole numbers.</summary>
    public GgufWriter Add(string key, int[] values) => Array(key, Kind.Int32, values, value => WriteUInt32(_metadata, unchecked((uint)value)));

    /// <summary>Adds an array of numbers.</summary>
    public GgufWriter Add(string key, float[] values) => Array(key, Kind.Float32, values, value => WriteSingle(_metadata, value));

    /// <summary>Adds an array of bytes, as signed numbers: how llama.cpp stores SentencePiece's character map.</summary>
    public GgufWriter Add(string key, byte[] values) => Array(key, Kind.Int8, values, _metadata.Add);

    /// <summary>Adds a value of a type that does not exist, or whatever the bytes are.</summary>
    /// <param name="key">The key.</param>
    /// <param name="kind">The number of the type.</param>
    /// <param name="bytes">The value.</param>
    public GgufWriter AddRaw(string key, uint kind, byte[] bytes) => Metadata(key, (Kind)kind, () => _metadata.AddRange(bytes));

    /// <summary>Adds a float32 tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="values">Its elements, row-major.</param>
    /// <param name="shape">The length of each axis in PyTorch's order.</param>
    public GgufWriter AddTensor(string name, float[] values, params int[] shape)
    {
        byte[] bytes = new byte[values.Length * sizeof(float)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        }

        return AddTensor(name, F32, bytes, shape);
    }

    /// <summary>Adds a tensor of any type.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">The number of ggml's type.</param>
    /// <param name="bytes">Its elements as they are stored.</param>
    /// <param name="shape">The length of each axis in PyTorch's order.</param>
    public GgufWriter AddTensor(string name, uint type, byte[] bytes, params int[] shape)
    {
        _tensors.Add(new Entry(name, type, bytes, System.Array.ConvertAll(shape, length => (ulong)length)));
        return this;
    }

    /// <summary>The whole file.</summary>
    public byte[] ToArray()
    {
        List<byte> file = [];
        file.AddRange(Lies?.Magic ?? "GGUF"u8.ToArray());
        WriteUInt32(file, Lies?.Version ?? 3);
        WriteUInt64(file, Lies?.TensorCount ?? (ulong)_tensors.Count);
        WriteUInt64(file, Lies?.MetadataCount ?? _metadataCount);
        file.AddRange(_metadata);
        ulong offset = 0;
        foreach (Entry tensor in _tensors)
        {
            ulong[] shape = Lies?.Shape ?? tensor.Shape;
            WriteText(file, Lies?.TensorName ?? tensor.Name);
            WriteUInt32(file, Lies?.Rank ?? (uint)shape.Length);
            foreach (ulong length in shape.Reverse())
            {
                WriteUInt64(file, length);
            }

            WriteUInt32(file, Lies?.Type ?? tensor.Type);
            WriteUInt64(file, Lies?.Offset ?? offset);
            offset += (ulong)Padded(tensor.Bytes.Length);
        }

        foreach (Entry tensor in _tensors)
        {
            Pad(file);
            file.AddRange(tensor.Bytes);
        }

        return [.. file];
    }

    private static int Padded(int length) => (length + Alignment - 1) / Alignment * Alignment;

    private static void Pad(List<byte> file)
    {
        while (file.Count % Alignment != 0)
        {
            file.Add(0);
        }
    }

    private static void WriteText(List<byte> stream, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        WriteUInt64(stream, (ulong)bytes.Length);
        stream.AddRange(bytes);
    }

    private static void WriteUInt32(List<byte> stream, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        stream.AddRange(bytes);
    }

    private static void WriteUInt64(List<byte> stream, ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        stream.AddRange(bytes);
    }

    private static void WriteSingle(List<byte> stream, float value) => WriteUInt32(stream, BitConverter.SingleToUInt32Bits(value));

    private GgufWriter Metadata(string key, Kind kind, Action write)
    {
        WriteText(_metadata, key);
        WriteUInt32(_metadata, (uint)kind);
        write();
        _metadataCount++;
        return this;
    }

    private GgufWriter Array<T>(string key, Kind kind, T[] values, Action<T> write) => Metadata(key, Kind.Array, () =>
    {
        WriteUInt32(_metadata, (uint)kind);
        WriteUInt64(_metadata, (ulong)values.Length);
        System.Array.ForEach(values, write);
    });

    private sealed record Entry(string Name, uint Type, byte[] Bytes, ulong[] Shape);
}

/// <summary>What a GGUF header says in place of the truth, for every tensor where it is about tensors; null is the truth.</summary>
public sealed record GgufLies
{
    /// <summary>The first four bytes.</summary>
    public byte[]? Magic { get; init; }

    /// <summary>The version of the format.</summary>
    public uint? Version { get; init; }

    /// <summary>How many tensors there are.</summary>
    public ulong? TensorCount { get; init; }

    /// <summary>How many metadata entries there are.</summary>
    public ulong? MetadataCount { get; init; }

    /// <summary>A tensor's name.</summary>
    public string? TensorName { get; init; }

    /// <summary>The number of a tensor's axes.</summary>
    public uint? Rank { get; init; }

    /// <summary>A tensor's shape.</summary>
    public ulong[]? Shape { get; init; }

    /// <summary>A tensor's element type.</summary>
    public uint? Type { get; init; }

    /// <summary>Where a tensor's elements are.</summary>
    public ulong? Offset { get; init; }
}
