using System.Diagnostics;
using System.Globalization;

namespace Chroma.Testing;

/// <summary>The <c>chroma</c> command as a process of its own. The test project refers to Chroma.Cli, so that it lies beside the tests.</summary>
public static class ChromaProcess
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(4);

    /// <summary>The command's assembly.</summary>
    public static string CommandPath => Path.Combine(AppContext.BaseDirectory, "chroma.dll");

    /// <summary>Starts it with both outputs as pipes.</summary>
    /// <param name="args">Its arguments.</param>
    public static Process Start(params string[] args) => StartIn(Environment.CurrentDirectory, args);

    /// <summary>Starts it in a folder. A terminal's signals reach it, even where those of this process are ignored, as a shell's background jobs have it.</summary>
    /// <param name="folder">Its current folder.</param>
    /// <param name="args">Its arguments.</param>
    public static Process StartIn(string folder, params string[] args) =>
        StartProgram(folder, OperatingSystem.IsLinux() ? ["env", "--default-signal=INT,HUP", "dotnet", CommandPath, .. args] : ["dotnet", CommandPath, .. args]);

    /// <summary>Runs it to its end.</summary>
    /// <param name="args">Its arguments.</param>
    public static Task<ChromaResult> RunAsync(params string[] args) => EndAsync(Start(args));

    /// <summary>Runs it in a folder to its end.</summary>
    /// <param name="folder">Its current folder.</param>
    /// <param name="args">Its arguments.</param>
    public static Task<ChromaResult> RunInAsync(string folder, params string[] args) => EndAsync(StartIn(folder, args));

    /// <summary>Runs a line of the shell in which <c>chroma</c> is the command.</summary>
    /// <param name="folder">The shell's current folder.</param>
    /// <param name="line">The line, such as <c>chroma --help >/dev/full</c>.</param>
    public static Task<ChromaResult> ShellAsync(string folder, string line) =>
        EndAsync(StartProgram(folder, ["bash", "-c", $"chroma() {{ dotnet '{CommandPath}' \"$@\"; }}; {line}"]));

    /// <summary>Sends a signal.</summary>
    /// <param name="process">To whom.</param>
    /// <param name="signal">Its name, without SIG.</param>
    public static async Task SignalAsync(Process process, string signal)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits for a process; one that does not end is killed, and that fails the test.</summary>
    /// <param name="process">The process; it is disposed.</param>
    /// <exception cref="TimeoutException">It did not end.</exception>
    public static async Task<ChromaResult> EndAsync(Process process)
    {
        using (process)
        {
            Task<byte[]> output = ReadAsync(process.StandardOutput.BaseStream);
            Task<string> error = process.StandardError.ReadToEndAsync();
            using CancellationTokenSource source = new(_patience);
            try
            {
                await process.WaitForExitAsync(source.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw new TimeoutException($"The command did not end within {_patience}; it said: {await error}");
            }

            return new ChromaResult(process.ExitCode, await output, await error);
        }
    }

    private static Process StartProgram(string folder, string[] command)
    {
        ProcessStartInfo start = new(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        return Process.Start(start)!;
    }

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        using MemoryStream bytes = new();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }
}
