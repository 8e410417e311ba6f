using Chroma.Interop;
using Chroma.Models;

namespace Chroma.Files;

/// <summary>
/// Writes a file that appears under its name only once it is whole; devices, pipes and descriptors are written to as they are. What counts for
/// links, permissions and parts of dead processes stands in <c>chroma.h</c>, at <c>chroma_output</c>. One thread at a time.
/// </summary>
internal sealed unsafe class OutputStream : Stream
{
    private readonly OutputHandle _handle;
    private long _position;

    /// <summary>Begins to write.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be written. The message names it.</exception>
    public OutputStream(string path)
    {
        fixed (byte* pPath = NativeText.ToUtf8(path))
        {
            chroma_output* output;
            ThrowIfFailed(ChromaNative.chroma_output_create(pPath, &output));
            _handle = new OutputHandle(output);
        }
    }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => !_handle.IsClosed;

    /// <inheritdoc/>
    public override long Length => _position;

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <summary>Tries what can be tried of writing a file without doing it.</summary>
    /// <param name="path">The file.</param>
    /// <returns>What the path leads to.</returns>
    /// <exception cref="IOException">It could not be written. The message names it.</exception>
    public static OutputKind Check(string path)
    {
        fixed (byte* pPath = NativeText.ToUtf8(path))
        {
            chroma_output_kind kind;
            ThrowIfFailed(ChromaNative.chroma_output_check(pPath, &kind));
            return (OutputKind)kind;
        }
    }

    /// <summary>Writes a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bytes">What it will hold.</param>
    /// <param name="cancellationToken">Stops writing; what stood there before stays.</param>
    /// <exception cref="IOException">It cannot be written. The message names it.</exception>
    public static void WriteAll(string path, ReadOnlySpan<byte> bytes, CancellationToken cancellationToken = default)
    {
        const int chunk = 1 << 20;
        using OutputStream stream = new(path);
        while (!bytes.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(chunk, bytes.Length);
            stream.Write(bytes[..count]);
            bytes = bytes[count..];
        }

        cancellationToken.ThrowIfCancellationRequested();
        stream.Finish();
    }

    /// <summary>Removes the parts of all files that this process is writing; for when it ends at once.</summary>
    public static void DiscardAll() => ChromaNative.chroma_output_discard_all();

    /// <summary>Ends the file, which has its name from now on. Without it, <see cref="Stream.Dispose()"/> leaves what was there.</summary>
    /// <exception cref="IOException">It cannot be written. The message names it.</exception>
    public void Finish()
    {
        using ChromaSafeHandle.Lease lease = Use();
        ThrowIfFailed(ChromaNative.chroma_output_finish((chroma_output*)lease.Address));
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        using ChromaSafeHandle.Lease lease = Use();
        fixed (byte* pBuffer = buffer)
        {
            ThrowIfFailed(ChromaNative.chroma_output_write((chroma_output*)lease.Address, pBuffer, buffer.Length));
        }

        _position += buffer.Length;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _handle.Dispose();
        base.Dispose(disposing);
    }

    private static void ThrowIfFailed(chroma_status status)
    {
        try
        {
            status.ThrowIfFailed();
        }
        catch (ChromaException error) when (error.Kind == ChromaErrorKind.Io)
        {
            throw new IOException(error.Message, error);
        }
    }

    private ChromaSafeHandle.Lease Use()
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        return _handle.Use();
    }
}
