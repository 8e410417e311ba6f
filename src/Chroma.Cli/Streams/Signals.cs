using System.Globalization;
using System.Runtime.InteropServices;
using Chroma.Files;

namespace Chroma.Cli.Streams;

/// <summary>
/// Ctrl-C, SIGTERM and SIGHUP. The first asks the verb to stop, which takes a block's time and leaves no half-written file; the second, or a
/// verb that does not stop, ends the process at once. Signals that whoever started the command told it to ignore (nohup) stay ignored.
/// </summary>
internal sealed class Signals : IDisposable
{
    private const int SizeExceeded = 25; // SIGXFSZ: its default is to kill, but the write's own error says more
    private const int ExitBase = 128; // shells add it to the signal's number

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(15);
    private static readonly (PosixSignal Signal, int Number)[] _stopping = [(PosixSignal.SIGINT, 2), (PosixSignal.SIGTERM, 15), (PosixSignal.SIGHUP, 1)];

    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _exitCode;
    private Timer? _impatience;

    public Signals()
    {
        ulong ignored = ReadIgnored();
        foreach ((PosixSignal signal, int number) in _stopping)
        {
            if ((ignored & (1UL << (number - 1))) == 0)
            {
                _registrations.Add(PosixSignalRegistration.Create(signal, context => Stop(context, ExitBase + number)));
            }
        }

        if (!OperatingSystem.IsWindows())
        {
            _registrations.Add(PosixSignalRegistration.Create((PosixSignal)SizeExceeded, static context => context.Cancel = true));
        }
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>128 and the number of the signal that came, 0 if none did.</summary>
    public int ExitCode => Volatile.Read(ref _exitCode);

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _impatience?.Dispose();
        _source.Dispose();
    }

    private void Stop(PosixSignalContext context, int exitCode)
    {
        context.Cancel = true;
        if (Interlocked.CompareExchange(ref _exitCode, exitCode, 0) != 0)
        {
            End(exitCode);
        }

        _impatience = new Timer(_ => End(exitCode), null, _patience, Timeout.InfiniteTimeSpan);
        _source.Cancel();
    }

    private static void End(int exitCode)
    {
        try
        {
            OutputStream.DiscardAll();
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException or TypeInitializationException or BadImageFormatException)
        {
            // Without the native library nothing was being written.
        }

        if (OperatingSystem.IsWindows())
        {
            Environment.Exit(exitCode);
        }

        if (!Console.IsErrorRedirected)
        {
            Console.Error.Write("\e[?25h"); // the cursor, which progress bars hide
        }

        // Threads may be in the middle of a computation: none of their memory may be taken apart while they are.
        Posix.Exit(exitCode);
    }

    /// <summary>A bit for each signal that was ignored when the process started; none where the system does not tell.</summary>
    private static ulong ReadIgnored()
    {
        const string field = "SigIgn:";
        try
        {
            string? line = OperatingSystem.IsLinux() ? File.ReadLines("/proc/self/status").FirstOrDefault(text => text.StartsWith(field, StringComparison.Ordinal)) : null;
            return line is null ? 0 : ulong.Parse(line.AsSpan(field.Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
        {
            return 0;
        }
    }
}
