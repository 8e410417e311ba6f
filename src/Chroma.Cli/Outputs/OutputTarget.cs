using System.Globalization;
using System.Text.RegularExpressions;
using Chroma.Cli.Streams;
using Chroma.Files;

namespace Chroma.Cli.Outputs;

/// <summary>
/// Where a verb's result goes: a file, which is replaced when the new one is whole, or something that is written to as it is (a pipe, a device,
/// <c>/dev/fd/3</c>, and <c>-</c> for standard output). It is tried before any work is done.
/// </summary>
internal sealed partial class OutputTarget : IDisposable
{
    public const string StandardOutput = "-";

    private const string StandardOutputPath = "/dev/stdout";
    private const int MostNames = 1000;

    private readonly string _path;
    private Stream? _stream;

    private OutputTarget(string path, OutputKind kind)
    {
        _path = path;
        Kind = kind;
    }

    /// <summary>What the path leads to.</summary>
    public OutputKind Kind { get; }

    /// <summary>Whether several results go there one after another, rather than into files of their own.</summary>
    public bool IsStream => Kind != OutputKind.File;

    /// <summary>Tries the output.</summary>
    /// <param name="path">What the user named; <c>-</c> is standard output, and <c>./-</c> a file of that name.</param>
    /// <param name="inputs">What is read, and so must not be overwritten.</param>
    /// <exception cref="IOException">It could not be written. The message names it and says why.</exception>
    public static OutputTarget Check(string path, params IReadOnlyList<string> inputs)
    {
        if (path != StandardOutput && inputs.Any(input => FinalPath(input) == FinalPath(path)))
        {
            throw new IOException($"'{path}' is both read and written; choose another output.");
        }

        if (path != StandardOutput)
        {
            RequireInherited(path);
            return new OutputTarget(path, OutputStream.Check(path));
        }

        if (StandardStreams.IsOutputTerminal)
        {
            throw new StandardStreamException("Standard output is a terminal, which can't show such a file: send it to a pipe or a file.");
        }

        if (!OperatingSystem.IsWindows())
        {
            _ = OutputStream.Check(StandardOutputPath);
        }

        return new OutputTarget(path, OutputKind.StandardOutput);
    }

    /// <summary>The path under which the native library writes to what the user named.</summary>
    /// <exception cref="NotSupportedException">The system has none for standard output.</exception>
    public static string NativePath(string path) => path != StandardOutput ? path
        : !OperatingSystem.IsWindows() ? StandardOutputPath
        : throw new NotSupportedException("On Windows this can't be written to standard output: name a file.");

    /// <summary>Writes a result.</summary>
    /// <param name="write">Writes it to a stream, which it leaves open.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save(Action<Stream> write)
    {
        if (!IsStream)
        {
            SaveTo(_path, write);
            return;
        }

        _stream ??= _path == StandardOutput && OperatingSystem.IsWindows() ? Console.OpenStandardOutput() : new OutputStream(NativePath(_path));
        write(_stream);
    }

    /// <summary>Writes a result that cannot be saved where it should be: into the current folder, else into that for temporary files.</summary>
    /// <param name="name">The name that the file should have; a number is added where it is taken.</param>
    /// <param name="write">Writes it to a stream.</param>
    /// <returns>The file; null if it could be saved nowhere.</returns>
    public static string? SaveBeside(string name, Action<Stream> write)
    {
        foreach (Func<string> folder in (Func<string>[])[Directory.GetCurrentDirectory, Path.GetTempPath])
        {
            try
            {
                string path = FreeName(folder(), name);
                SaveTo(path, write);
                return path;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // The next folder, then; what is wrong with the output itself is what will be reported.
            }
        }

        return null;
    }

    public void Dispose() => _stream?.Dispose();

    /// <summary>Ends what is written to as a stream.</summary>
    /// <exception cref="IOException">The last of it cannot be written.</exception>
    public void Finish()
    {
        if (_stream is OutputStream stream)
        {
            stream.Finish();
        }
    }

    private static string FinalPath(string path) =>
        File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path) : Path.GetFullPath(path);

    private static void SaveTo(string path, Action<Stream> write)
    {
        using OutputStream stream = new(path);
        write(stream);
        stream.Finish();
    }

    private static string FreeName(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        for (int number = 1; Path.Exists(path) && number < MostNames; number++)
        {
            path = Path.Combine(folder, string.Create(
                CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(name)}-{number}{Path.GetExtension(name)}"));
        }

        return Path.Exists(path) ? throw new IOException($"'{folder}' has no free name for '{name}'.") : path;
    }

    /// <summary>Descriptors that nobody handed down are the runtime's own.</summary>
    private static void RequireInherited(string path)
    {
        if (!OperatingSystem.IsWindows()
            && DescriptorPath().Match(path) is { Success: true } match
            && (!int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int descriptor) || !Posix.IsInherited(descriptor)))
        {
            throw new IOException($"Can't write '{path}': it is closed.");
        }
    }

    [GeneratedRegex("^(?:/dev|/proc/(?:self|thread-self))/fd/([0-9]+)$", RegexOptions.CultureInvariant)]
    private static partial Regex DescriptorPath();
}
