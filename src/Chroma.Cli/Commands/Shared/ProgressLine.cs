using System.Diagnostics;
using System.Globalization;
using Chroma.Models;

namespace Chroma.Cli.Commands.Shared;

/// <summary>One line at the foot of a terminal that says how far things are. Where standard error is no terminal, nothing is written.</summary>
internal sealed class ProgressLine(TextWriter error) : IDisposable
{
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(100);

    private readonly bool _shown = ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected;
    private readonly Stopwatch _sinceWritten = new();
    private bool _dirty;

    /// <summary>For loading or converting a file; null where nothing is written, so that nobody is asked.</summary>
    public IProgress<LoadProgress>? OfFile(string what) => _shown ? new Listener<LoadProgress>(progress => Write(what, progress.Fraction)) : null;

    /// <summary>For running a network; null where nothing is written.</summary>
    public IProgress<BlockProgress>? OfRun(string what) => _shown ? new Listener<BlockProgress>(progress => Write(what, progress.Fraction)) : null;

    /// <summary>Takes the line away.</summary>
    public void Dispose()
    {
        if (_dirty)
        {
            error.Write("\r\e[K");
        }
    }

    private void Write(string what, double fraction)
    {
        if (_sinceWritten.IsRunning && _sinceWritten.Elapsed < _pause)
        {
            return;
        }

        _sinceWritten.Restart();
        _dirty = true;
        error.Write(string.Create(CultureInfo.InvariantCulture, $"\r\e[K{what} {fraction:P0}"));
    }

    // Progress<T> would answer on other threads, after the verb has gone on.
    private sealed class Listener<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
