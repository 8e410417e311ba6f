namespace Chroma.Cli.Bench;

/// <summary>Sets results against those of ggml's own kernels.</summary>
internal static class Comparison
{
    /// <summary>Adds how many times as long ggml took, where it was measured.</summary>
    /// <param name="results">Results of one type of weights.</param>
    /// <param name="sizeOf">What must be equal for two results to be compared.</param>
    public static IEnumerable<TResult> WithGgml<TResult>(IReadOnlyList<TResult> results, Func<TResult, int> sizeOf)
        where TResult : NetworkResult => results.Select(result =>
        {
            TResult? ggml = results.FirstOrDefault(other => other.Backend == BackendNames.Of(BenchBackend.Ggml) && sizeOf(other) == sizeOf(result));
            return result with { SpeedupOverGgml = ggml?.Seconds / result.Seconds };
        });
}
