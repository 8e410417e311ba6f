using System.Runtime.InteropServices;

namespace Chroma.Cli.Streams;

/// <summary>Writes to a standard stream and says what goes wrong there.</summary>
/// <param name="descriptor">Its number.</param>
/// <param name="name">What messages call it; null to lose what cannot be written: there is nowhere to say that errors cannot be printed.</param>
internal sealed class DescriptorStream(int descriptor, string? name) : Stream
{
    private readonly bool _isOpen = Posix.IsInherited(descriptor);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        int error = _isOpen ? Posix.Write(descriptor, buffer) : Posix.BadDescriptor;
        if (error != 0 && name is not null)
        {
            string reason = !_isOpen ? "it is closed"
                : error == Posix.BadDescriptor ? "it is not open for writing"
                : Marshal.GetPInvokeErrorMessage(error);
            throw new StandardStreamException($"Can't write to {name}: {reason}.") { IsBrokenPipe = error == Posix.BrokenPipe };
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
