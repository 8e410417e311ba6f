using Chroma.Interop;

namespace Chroma.Models;

/// <summary>What the processor can do, for comparison with what a network reaches.</summary>
public static unsafe class CpuPeak
{
    /// <summary>The best rate that a plain matrix product of oneDNN reaches. Takes about a second; nothing else should run.</summary>
    /// <param name="type">What is multiplied: <see cref="WeightType.F32"/>, <see cref="WeightType.BF16"/> or <see cref="WeightType.I8"/>.</param>
    /// <param name="threads">CPU threads, 0 to <see cref="ChromaEngineOptions.MaxThreads"/>; 0 is one per physical core.</param>
    /// <returns>GFLOP/s, a multiplication and an addition counting as two; null where the native library or the processor has no such product.</returns>
    /// <exception cref="ArgumentException">The type is another, or there are too many threads.</exception>
    /// <exception cref="ChromaException">Memory is short.</exception>
    public static double? Measure(WeightType type, int threads = 0)
    {
        ChromaEngineOptions.CheckThreads(threads, nameof(threads));
        if (type is not (WeightType.F32 or WeightType.BF16 or WeightType.I8))
        {
            throw new ArgumentException($"Peaks are measured for F32, BF16 and I8, but the type is {type}.", nameof(type));
        }

        double gflops;
        chroma_status status = ChromaNative.chroma_measure_peak((chroma_type)type, threads, &gflops);
        if (status == chroma_status.CHROMA_ERROR_UNSUPPORTED)
        {
            return null;
        }

        status.ThrowIfFailed();
        return gflops;
    }
}
