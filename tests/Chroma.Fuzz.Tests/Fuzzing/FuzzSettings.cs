using System.Globalization;

namespace Chroma.Fuzz.Tests.Fuzzing;

/// <summary>How long the fuzzers run, and what with; set by environment variables, so that <c>./build.sh --target=Fuzz --seconds=N</c> can.</summary>
internal static class FuzzSettings
{
    private const int QuickIterations = 1500;

    /// <summary>CHROMA_FUZZ_SECONDS: how long each target runs; null for the quick run of the ordinary tests.</summary>
    public static double? Seconds { get; } = Number("CHROMA_FUZZ_SECONDS");

    /// <summary>CHROMA_FUZZ_SEED: the seed of all that is random; the same one every time unless told.</summary>
    public static ulong Seed { get; } = (ulong)(Number("CHROMA_FUZZ_SEED") ?? 1);

    /// <summary>CHROMA_FUZZ_INPUT: a file that is the only input, to see a failure again; null for none.</summary>
    public static string? Input { get; } = Environment.GetEnvironmentVariable("CHROMA_FUZZ_INPUT");

    /// <summary>Inputs of a quick run.</summary>
    public static long Iterations => Seconds is null ? QuickIterations : long.MaxValue;

    /// <summary>The longest that a target runs. The quick run ends by its number of inputs, except on a very slow machine.</summary>
    public static TimeSpan Limit => TimeSpan.FromSeconds(Seconds ?? 20);

    private static double? Number(string variable) =>
        double.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : null;
}
