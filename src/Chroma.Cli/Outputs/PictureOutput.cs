using System.Globalization;
using Chroma.Cli.Commands.Shared;
using Chroma.Cli.Streams;
using Chroma.Imaging;

namespace Chroma.Cli.Outputs;

/// <summary>
/// Where the pictures of a run go: one file each, or all of them, one after another, into a stream. Each is written, and its path printed, as soon
/// as it is there.
/// </summary>
internal sealed class PictureOutput : IDisposable
{
    private readonly string[] _paths;
    private readonly OutputTarget[] _targets;
    private readonly ImageFormat _format;
    private readonly TextWriter _output;
    private readonly TextWriter _error;

    private PictureOutput(string[] paths, OutputTarget[] targets, ImageFormat format, TextWriter output, TextWriter error)
    {
        _paths = paths;
        _targets = targets;
        _format = format;
        _output = output;
        _error = error;
    }

    /// <summary>Tries the outputs of all pictures.</summary>
    /// <param name="path">What the user named. Of several files, each has its number before the extension.</param>
    /// <param name="count">How many pictures there will be.</param>
    /// <param name="format">Their format; null for that of the extension, and PNG in a stream without one.</param>
    /// <param name="output">Where paths are printed.</param>
    /// <param name="error">Where failures are printed that do not end the run.</param>
    /// <exception cref="IOException">One could not be written. The message names it and says why.</exception>
    /// <exception cref="ArgumentException">The extension names no format.</exception>
    public static PictureOutput Check(string path, int count, ImageFormat? format, TextWriter output, TextWriter error)
    {
        OutputTarget first = OutputTarget.Check(path);
        if (first.IsStream)
        {
            return new PictureOutput([path], [first], format ?? FormatOfStream(path), output, error);
        }

        ImageFormat chosen = format ?? UsageException.Check(() => ChromaImage.FormatOf(path));
        string[] paths = count <= 1 ? [path] : [.. Enumerable.Range(1, count).Select(number => Numbered(path, number))];
        return new PictureOutput(paths, count <= 1 ? [first] : Array.ConvertAll(paths, each => OutputTarget.Check(each)), chosen, output, error);
    }

    /// <summary>Writes a picture and prints its path, unless standard output holds the picture itself.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="index">Which one it is, from 0.</param>
    /// <returns>Whether all went well; if not, standard error says what did not, and where the picture is.</returns>
    /// <exception cref="IOException">The picture could be saved nowhere.</exception>
    public bool Save(ChromaImage image, int index)
    {
        byte[] file = image.Encode(_format);
        OutputTarget target = _targets[Math.Min(index, _targets.Length - 1)];
        string path = _paths[Math.Min(index, _paths.Length - 1)];
        string? failure = null;
        try
        {
            target.Save(stream => stream.Write(file));
            if (_targets.Length == 1 && index > 0)
            {
                return true; // its path is printed already
            }
        }
        catch (IOException error)
        {
            string name = target.IsStream ? $"chroma.{ExtensionOf(_format)}" : Path.GetFileName(path);
            if (OutputTarget.SaveBeside(name, stream => stream.Write(file)) is not { } saved)
            {
                throw;
            }

            path = saved;
            failure = $"{error.Message} The picture is saved as '{path}' instead.";
        }

        if (failure is not null)
        {
            _error.WriteLine(failure);
        }

        return (target.Kind == Files.OutputKind.StandardOutput || Print(path)) && failure is null;
    }

    /// <summary>Ends what is written to as a stream.</summary>
    /// <exception cref="IOException">The last of it cannot be written.</exception>
    public void Finish() => Array.ForEach(_targets, target => target.Finish());

    public void Dispose() => Array.ForEach(_targets, target => target.Dispose());

    private bool Print(string path)
    {
        try
        {
            _output.WriteLine(path);
            return true;
        }
        catch (StandardStreamException error)
        {
            _error.WriteLine($"The picture '{path}' is written, but its name can't be printed: {error.Message}");
            return false;
        }
    }

    private static ImageFormat FormatOfStream(string path)
    {
        try
        {
            return ChromaImage.FormatOf(path);
        }
        catch (ArgumentException)
        {
            return ImageFormat.Png; // a pipe's or a device's name need not tell
        }
    }

    private static string ExtensionOf(ImageFormat format) => format switch
    {
        ImageFormat.Jpeg => "jpg",
        ImageFormat.Webp => "webp",
        _ => "png",
    };

    private static string Numbered(string path, int number) => Path.Combine(
        Path.GetDirectoryName(path) ?? "",
        string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(path)}-{number}{Path.GetExtension(path)}"));
}
