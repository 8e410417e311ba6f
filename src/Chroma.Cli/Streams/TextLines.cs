using System.Text;

namespace Chroma.Cli.Streams;

/// <summary>The lines of a file, a pipe or standard input. Each has an end, whatever is read, and waiting for one can be stopped.</summary>
internal sealed class TextLines : IDisposable
{
    private const int MostCharacters = 1 << 24; // of a line

    private readonly StreamReader _reader;
    private readonly char[] _buffer = new char[1 << 12];
    private readonly StringBuilder _line = new();
    private int _start;
    private int _end;
    private int _number;

    private TextLines(string name, Stream stream)
    {
        Name = name;
        _reader = new StreamReader(stream, Encoding.UTF8);
    }

    /// <summary>What messages call it.</summary>
    public string Name { get; }

    /// <summary>Opens a file; a pipe waits until somebody opens its other end.</summary>
    /// <param name="path">The file; <c>-</c> is standard input.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="IOException">It cannot be opened. The message names it.</exception>
    public static async Task<TextLines> OpenAsync(string path, CancellationToken cancellationToken)
    {
        if (path == "-")
        {
            return new TextLines("standard input", StandardStreams.OpenInput());
        }

        if (!File.Exists(path))
        {
            throw new IOException($"Can't open '{path}': {(Directory.Exists(path) ? "it is a folder" : "there is no such file")}.");
        }

        FileStreamOptions options = new() { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.ReadWrite };
        FileStream stream = await Task.Run(() => new FileStream(path, options), CancellationToken.None).WaitAsync(cancellationToken).ConfigureAwait(false);
        return new TextLines($"'{path}'", stream);
    }

    /// <summary>Reads a line, without its end; null after the last.</summary>
    /// <param name="cancellationToken">Stops waiting for it.</param>
    /// <exception cref="InvalidDataException">The line does not end.</exception>
    /// <exception cref="IOException">The stream cannot be read. The message names it.</exception>
    public async Task<string?> ReadAsync(CancellationToken cancellationToken)
    {
        _number++;
        _line.Clear();
        while (true)
        {
            if (_start == _end)
            {
                _start = 0;
                _end = await FillAsync(cancellationToken).ConfigureAwait(false);
                if (_end == 0)
                {
                    return _line.Length > 0 ? TakeLine() : null;
                }
            }

            int length = _buffer.AsSpan(_start, _end - _start).IndexOf('\n');
            _line.Append(_buffer, _start, length < 0 ? _end - _start : length);
            _start = length < 0 ? _end : _start + length + 1;
            if (length >= 0)
            {
                return TakeLine();
            }

            if (_line.Length > MostCharacters)
            {
                throw new InvalidDataException($"Line {_number} of {Name} has more than {MostCharacters} characters; expected one JSON object in each line.");
            }
        }
    }

    public void Dispose() => _reader.Dispose();

    private string TakeLine()
    {
        int length = _line.Length > 0 && _line[^1] == '\r' ? _line.Length - 1 : _line.Length;
        return _line.ToString(0, length);
    }

    private async Task<int> FillAsync(CancellationToken cancellationToken)
    {
        try
        {
            // On a thread of its own: reading a pipe can't be stopped, but waiting for it can.
            return await Task.Run(() => _reader.Read(_buffer), CancellationToken.None).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"Can't read {Name}: {error.Message}", error);
        }
    }
}
