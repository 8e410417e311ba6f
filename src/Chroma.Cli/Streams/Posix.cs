using System.Runtime.InteropServices;

namespace Chroma.Cli.Streams;

/// <summary>What .NET does not tell about a process's descriptors, from the C library.</summary>
internal static unsafe partial class Posix
{
    public const int StandardInput = 0;
    public const int StandardOutput = 1;
    public const int StandardError = 2;
    public const int BadDescriptor = 9; // EBADF
    public const int BrokenPipe = 32; // EPIPE

    private const int Interrupted = 4; // EINTR
    private const int GetDescriptorFlags = 1; // F_GETFD
    private const int CloseOnExec = 1; // FD_CLOEXEC
    private const int ReadWrite = 2; // O_RDWR
    private const short Writable = 4; // POLLOUT

    private static readonly int _tryAgain = OperatingSystem.IsMacOS() ? 35 : 11; // EAGAIN

    /// <summary>
    /// Whether whoever started this process gave it the descriptor. The runtime's own files take the numbers of standard streams that were
    /// closed; but they do not outlive an exec, and what was handed down did.
    /// </summary>
    public static bool IsInherited(int descriptor)
    {
        int flags = fcntl(descriptor, GetDescriptorFlags);
        return flags >= 0 && (flags & CloseOnExec) == 0;
    }

    public static bool IsTerminal(int descriptor) => isatty(descriptor) == 1;

    /// <summary>Takes the numbers of closed standard streams, so that no file which is opened later gets what is printed.</summary>
    public static void OccupyStandardStreams()
    {
        for (int descriptor = StandardInput; descriptor <= StandardError; descriptor++)
        {
            if (fcntl(descriptor, GetDescriptorFlags) < 0)
            {
                _ = open("/dev/null", ReadWrite); // the lowest free number, which is this one
            }
        }
    }

    /// <summary>Writes all.</summary>
    /// <returns>errno, 0 if all went well.</returns>
    public static int Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* pBytes = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                nint written = write(descriptor, pBytes + done, bytes.Length - done);
                if (written >= 0)
                {
                    done += (int)written;
                    continue;
                }

                int error = Marshal.GetLastPInvokeError();
                if (error == _tryAgain)
                {
                    PollDescriptor wanted = new() { Descriptor = descriptor, Events = Writable };
                    _ = poll(&wanted, 1, -1);
                }
                else if (error != Interrupted)
                {
                    return error;
                }
            }
        }

        return 0;
    }

    /// <summary>Ends the process without running anything more of it.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    public static partial void Exit(int code);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int descriptor, byte* bytes, nint count);

    [LibraryImport("libc")]
    private static partial int poll(PollDescriptor* descriptors, nuint count, int timeout);

    [LibraryImport("libc")]
    private static partial int fcntl(int descriptor, int command);

    [LibraryImport("libc")]
    private static partial int isatty(int descriptor);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }
}
