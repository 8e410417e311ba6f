using System.Diagnostics;

namespace Chroma.Cli.Bench;

/// <summary>The largest resident set of this process since the last reset.</summary>
internal static class ResidentMemory
{
    private const string ClearReferences = "/proc/self/clear_refs";

    /// <summary>Starts anew. Only Linux can; elsewhere the figure is that of the whole run.</summary>
    public static void Reset()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            File.WriteAllText(ClearReferences, "5"); // proc(5): resets the peak resident set size
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Some containers forbid it: the peak is that of the whole run then.
        }
    }

    /// <summary>The peak in bytes; null where the system does not say.</summary>
    public static long? Peak()
    {
        using Process process = Process.GetCurrentProcess();
        long peak = process.PeakWorkingSet64;
        return peak > 0 ? peak : null;
    }
}
