using System.Diagnostics;
using Xunit;

namespace Chroma.Surroundings.Tests.Support;

/// <summary>The system's own programs, for what .NET can't do with files.</summary>
internal static class Unix
{
    public static bool IsRoot { get; } = Environment.UserName == "root";

    /// <summary>Tests of this suite are of what Linux does.</summary>
    public static void Require() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Devices, signals and descriptors are Unix's, and these programs GNU's.");

    /// <summary>Runs a program.</summary>
    /// <returns>What it printed; null if it failed.</returns>
    public static string? Try(string program, params string[] args)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, args) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            error.GetAwaiter().GetResult();
            return process.ExitCode == 0 ? output.TrimEnd('\n') : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // not installed
        }
    }

    public static string Run(string program, params string[] args) =>
        Try(program, args) ?? throw new InvalidOperationException($"{program} {string.Join(' ', args)} failed.");

    /// <summary>What a file is ("fifo", "character special file", "symbolic link"), its permissions in octal, its owner and group.</summary>
    public static string Stat(string path, string format = "%F") => Run("stat", "-c", format, path);

    /// <summary>
    /// A device that swallows everything: a node of our own, of the kind of the null device (never that itself); a pipe that is read to its end
    /// where nodes can't be made.
    /// </summary>
    public static string MakeDevice(string path)
    {
        if (Try("mknod", path, "c", "1", "3") is not null)
        {
            if (Try("dd", "if=/dev/zero", $"of={path}", "bs=1", "count=1", "conv=notrunc") is not null)
            {
                return path;
            }

            File.Delete(path);
        }

        Run("mkfifo", path);
        _ = Task.Run(() => File.ReadAllBytes(path));
        return path;
    }

    /// <summary>A pipe by name, and what is written into it.</summary>
    public static Task<byte[]> MakePipe(string path)
    {
        Run("mkfifo", path);
        return Task.Run(() =>
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using MemoryStream bytes = new();
            stream.CopyTo(bytes);
            return bytes.ToArray();
        });
    }
}
