using System.Buffers;
using System.Buffers.Binary;
using Chroma.Files;
using Microsoft.Win32.SafeHandles;

namespace Chroma.Tensors;

/// <summary>
/// An open safetensors file: the header is read and checked at once, tensors when they are asked for. Any number of threads may
/// read from one instance. Whatever the file claims, reading it fails with a <see cref="SafetensorsException"/> or succeeds.
/// </summary>
/// <example>
/// <code>
/// using SafetensorsFile file = SafetensorsFile.Open("inputs.safetensors");
/// FloatTensor latent = file.ReadFloats("latent");
/// </code>
/// </example>
public sealed class SafetensorsFile : IDisposable
{
    private const int ChunkElements = 1 << 14;

    private readonly SafeFileHandle _handle;
    private readonly List<SafetensorsTensor> _tensors;
    private readonly Dictionary<string, SafetensorsTensor> _byName;
    private readonly Dictionary<string, string> _metadata;

    private SafetensorsFile(string path, SafeFileHandle handle, List<SafetensorsTensor> tensors, Dictionary<string, string> metadata)
    {
        Path = path;
        _handle = handle;
        _tensors = tensors;
        _byName = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        _metadata = metadata;
    }

    /// <summary>The file, as it was given to <see cref="Open"/>.</summary>
    public string Path { get; }

    /// <summary>Every tensor, in the order in which they lie in the file.</summary>
    public IReadOnlyList<SafetensorsTensor> Tensors => _tensors;

    /// <summary>The free text of the header (<c>__metadata__</c>); empty where there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Opens a file and checks its header against its size.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="SafetensorsException">The file cannot be read, or is not a whole and consistent safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("Safetensors files are read on little-endian machines only.");
        }

        SafeFileHandle? handle = null;
        try
        {
            if (InputFile.Refusal(path) is { } reason)
            {
                throw new SafetensorsException($"'{path}' cannot be read: {reason}.");
            }

            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.RandomAccess);
            byte[] header = ReadHeader(path, handle, out long fileLength);
            var (tensors, metadata) = SafetensorsHeader.Parse(path, header, fileLength);
            return new SafetensorsFile(path, handle, tensors, metadata);
        }
        catch (Exception exception)
        {
            handle?.Dispose();
            if (exception is not SafetensorsException && exception is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                throw new SafetensorsException($"'{path}' cannot be read: {exception.Message}", exception);
            }

            throw;
        }
    }

    /// <summary>Whether the file has a tensor of this name.</summary>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>What the header says about one tensor.</summary>
    /// <exception cref="SafetensorsException">The file has no tensor of this name.</exception>
    public SafetensorsTensor Find(string name) => _byName.TryGetValue(name, out SafetensorsTensor? tensor)
        ? tensor
        : throw new SafetensorsException($"'{Path}' has no tensor '{name}'; it has {ListNames()}.");

    /// <summary>
    /// Reads a tensor of any type as float32. F64 and wide integers are rounded to nearest, all else is exact; booleans become 0 and 1.
    /// </summary>
    /// <param name="name">The tensor.</param>
    /// <exception cref="SafetensorsException">There is no such tensor, it is too large for an array, or the file has changed.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public FloatTensor ReadFloats(string name)
    {
        SafetensorsTensor tensor = Find(name);
        int[] shape = ArrayShape(tensor);
        float[] data = new float[tensor.ElementCount];
        ReadChunks<float>(tensor, data, SafetensorsElements.ToSingles);
        return new FloatTensor(data, shape);
    }

    /// <summary>Reads a tensor of an integer type (booleans become 0 and 1), row-major.</summary>
    /// <param name="name">The tensor.</param>
    /// <exception cref="SafetensorsException">
    /// There is no such tensor, it does not hold integers, it is too large for an array, or the file has changed.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public long[] ReadInt64(string name)
    {
        SafetensorsTensor tensor = Find(name);
        if (!tensor.Type.IsInteger())
        {
            throw new SafetensorsException($"'{Path}': tensor '{name}' holds {tensor.Type.HeaderName()}, expected integers.");
        }

        _ = ArrayShape(tensor);
        long[] data = new long[tensor.ElementCount];
        ReadChunks<long>(tensor, data, SafetensorsElements.ToIntegers);
        return data;
    }

    /// <summary>Reads a tensor of an integer type (booleans become 0 and 1), row-major, into 32 bits.</summary>
    /// <param name="name">The tensor.</param>
    /// <exception cref="SafetensorsException">
    /// There is no such tensor, it does not hold integers, a number needs more than 32 bits, the tensor is too large for an array, or
    /// the file has changed.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public int[] ReadInt32(string name)
    {
        long[] wide = ReadInt64(name);
        int[] data = new int[wide.Length];
        for (int i = 0; i < wide.Length; i++)
        {
            if (wide[i] is < int.MinValue or > int.MaxValue)
            {
                throw new SafetensorsException($"'{Path}': element {i} of tensor '{name}' is {wide[i]}, expected a number of 32 bits.");
            }

            data[i] = (int)wide[i];
        }

        return data;
    }

    /// <summary>Reads a tensor's bytes as they lie in the file: little-endian, row-major.</summary>
    /// <param name="name">The tensor.</param>
    /// <exception cref="SafetensorsException">There is no such tensor, it is too large for an array, or the file has changed.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public byte[] ReadBytes(string name)
    {
        SafetensorsTensor tensor = Find(name);
        if (tensor.ByteLength > Array.MaxLength)
        {
            throw TooLarge(tensor);
        }

        byte[] data = new byte[tensor.ByteLength];
        ReadExactly(tensor.Offset, data);
        return data;
    }

    /// <summary>Closes the file. Tensors that were read stay valid.</summary>
    public void Dispose() => _handle.Dispose();

    private static byte[] ReadHeader(string path, SafeFileHandle handle, out long fileLength)
    {
        fileLength = RandomAccess.GetLength(handle);
        Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixLength];
        if (fileLength < prefix.Length)
        {
            throw new SafetensorsException(
                $"'{path}' is not a safetensors file: it has {fileLength} bytes, expected at least {prefix.Length} for the length of the header.");
        }

        ReadExactly(path, handle, 0, prefix);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        long most = Math.Min(SafetensorsHeader.MaximumLength, fileLength - prefix.Length);
        if (length > (ulong)most)
        {
            throw new SafetensorsException(
                $"'{path}' is truncated or not a safetensors file: it announces a header of {length} bytes, expected at most {most}.");
        }

        byte[] header = new byte[length];
        ReadExactly(path, handle, prefix.Length, header);
        return header;
    }

    private static void ReadExactly(string path, SafeFileHandle handle, long offset, Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            int read = RandomAccess.Read(handle, target, offset);
            if (read == 0)
            {
                throw new SafetensorsException($"'{path}' ends at byte {offset}, expected {target.Length} more; it may have changed since it was opened.");
            }

            offset += read;
            target = target[read..];
        }
    }

    private void ReadExactly(long offset, Span<byte> target)
    {
        try
        {
            ReadExactly(Path, _handle, offset, target);
        }
        catch (IOException exception) when (exception is not SafetensorsException)
        {
            throw new SafetensorsException($"'{Path}' cannot be read: {exception.Message}", exception);
        }
    }

    private void ReadChunks<T>(SafetensorsTensor tensor, Span<T> target, ElementConverter<T> convert)
    {
        int size = tensor.Type.ElementSize();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkElements * size);
        try
        {
            for (int done = 0; done < target.Length; done += ChunkElements)
            {
                Span<T> chunk = target[done..Math.Min(done + ChunkElements, target.Length)];
                Span<byte> bytes = buffer.AsSpan(0, chunk.Length * size);
                ReadExactly(tensor.Offset + ((long)done * size), bytes);
                convert(tensor.Type, bytes, chunk);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private int[] ArrayShape(SafetensorsTensor tensor)
    {
        // Axis by axis, as FloatTensor counts: [65536, 65536, 0] has no elements, and yet no tensor can take that shape.
        int[] shape = new int[tensor.Shape.Count];
        Int128 count = 1;
        for (int axis = 0; axis < shape.Length; axis++)
        {
            count *= tensor.Shape[axis];
            if (count > Array.MaxLength || tensor.Shape[axis] > Array.MaxLength)
            {
                throw TooLarge(tensor);
            }

            shape[axis] = (int)tensor.Shape[axis];
        }

        return shape;
    }

    private SafetensorsException TooLarge(SafetensorsTensor tensor) =>
        new($"'{Path}': tensor '{tensor.Name}' of shape {tensor.ShapeText} is too large for an array, expected at most {Array.MaxLength} elements.");

    private string ListNames()
    {
        const int shown = 8;
        return _tensors.Count switch
        {
            0 => "no tensors",
            <= shown => string.Join(", ", _tensors.Select(tensor => $"'{tensor.Name}'")),
            _ => $"{_tensors.Count} tensors: {string.Join(", ", _tensors.Take(shown).Select(tensor => $"'{tensor.Name}'"))}, ...",
        };
    }

    private delegate void ElementConverter<T>(SafetensorsType type, ReadOnlySpan<byte> source, Span<T> target);
}
