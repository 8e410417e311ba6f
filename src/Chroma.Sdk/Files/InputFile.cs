using Chroma.Interop;
using Chroma.Models;
using Microsoft.Win32.SafeHandles;

namespace Chroma.Files;

/// <summary>Files that are read as a whole, and so must have an end.</summary>
internal static unsafe class InputFile
{
    /// <summary>Opens a file for reading. Opening a pipe waits for its writer, and a device need not end: both are refused.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How it will be read.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">It cannot be opened, or is not a regular file. The message names it.</exception>
    public static SafeFileHandle Open(string path, FileOptions options = FileOptions.None)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Refusal(path) is { } reason)
        {
            throw new IOException($"Can't open '{path}': {reason}.");
        }

        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, options);
        }
        catch (FileNotFoundException error)
        {
            throw new FileNotFoundException($"Can't open '{path}': there is no such file.", path, error);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or DirectoryNotFoundException)
        {
            throw new IOException($"Can't open '{path}': {error.Message}", error);
        }
    }

    /// <summary>Reads a file of no more bytes than it has when it is opened.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">The most bytes that it may have.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">It cannot be read, or is not a regular file. The message names it.</exception>
    /// <exception cref="InvalidDataException">It has more bytes.</exception>
    public static byte[] ReadAllBytes(string path, long most)
    {
        using SafeFileHandle handle = Open(path, FileOptions.SequentialScan);
        long length = RandomAccess.GetLength(handle);
        if (length > most)
        {
            throw new InvalidDataException($"'{path}' has {length} bytes, expected at most {most}.");
        }

        byte[] bytes = new byte[length];
        int done = 0;
        while (done < bytes.Length)
        {
            int read = RandomAccess.Read(handle, bytes.AsSpan(done), done);
            if (read == 0)
            {
                throw new IOException($"'{path}' became shorter while it was read: it ends at byte {done} of {length}.");
            }

            done += read;
        }

        return bytes;
    }

    /// <summary>Why an existing path cannot be read as a whole; null where it can, or does not exist.</summary>
    /// <param name="path">The path.</param>
    public static string? Refusal(string path)
    {
        if (Directory.Exists(path))
        {
            return "it is a folder";
        }

        if (!File.Exists(path))
        {
            return null;
        }

        fixed (byte* pPath = NativeText.ToUtf8(path))
        {
            return ChromaNative.chroma_input_check(pPath) == chroma_status.CHROMA_OK ? null : "it is not a regular file";
        }
    }
}
