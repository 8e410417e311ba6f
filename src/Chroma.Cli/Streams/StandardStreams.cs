using System.Text;

namespace Chroma.Cli.Streams;

/// <summary>
/// The standard streams as whoever started the command left them: closed, full, or a pipe that nobody reads any more. What cannot be written
/// to standard output is a <see cref="StandardStreamException"/>; what cannot be written to standard error is lost.
/// </summary>
internal static class StandardStreams
{
    /// <summary>Makes <see cref="Console.Out"/> and <see cref="Console.Error"/> such streams.</summary>
    public static void Install()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // descriptors are Unix's
        }

        DescriptorStream output = new(Posix.StandardOutput, "standard output"), error = new(Posix.StandardError, name: null);
        Posix.OccupyStandardStreams();
        Console.SetOut(Writer(output));
        Console.SetError(Writer(error));
    }

    /// <summary>Standard input, as bytes.</summary>
    /// <exception cref="StandardStreamException">It is closed.</exception>
    public static Stream OpenInput() => OperatingSystem.IsWindows() || Posix.IsInherited(Posix.StandardInput)
        ? Console.OpenStandardInput()
        : throw new StandardStreamException("Can't read standard input: it is closed.");

    /// <summary>Whether what is written to standard output lands on a screen.</summary>
    public static bool IsOutputTerminal => OperatingSystem.IsWindows()
        ? !Console.IsOutputRedirected
        : Posix.IsInherited(Posix.StandardOutput) && Posix.IsTerminal(Posix.StandardOutput);

    private static StreamWriter Writer(Stream stream)
    {
        Encoding encoding = Console.OutputEncoding;
        return new StreamWriter(stream, encoding.Preamble.IsEmpty ? encoding : new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };
    }
}
