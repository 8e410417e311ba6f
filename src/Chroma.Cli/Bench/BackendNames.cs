using Chroma.Models;

namespace Chroma.Cli.Bench;

/// <summary>The backends by name, and how they are opened.</summary>
internal static class BackendNames
{
    public static string Of(BenchBackend backend) => backend == BenchBackend.Chroma ? "chroma" : "ggml";

    /// <summary>Whether a backend can compute with a type of weights: ggml has no int8 rows.</summary>
    public static bool Runs(BenchBackend backend, WeightType type) => backend == BenchBackend.Chroma || type != WeightType.Int8;

    /// <summary>Whether the native library has oneDNN, which int8 needs.</summary>
    public static bool HasOneDnn()
    {
        try
        {
            using ChromaEngine engine = new(new ChromaEngineOptions { Device = "cpu", Kernels = CpuKernels.OneDnn });
            return true;
        }
        catch (ChromaException)
        {
            return false;
        }
    }

    public static ChromaEngine Open(BenchBackend backend, int threads) => new(new ChromaEngineOptions
    {
        Threads = threads,
        Device = "cpu",
        Kernels = backend == BenchBackend.Chroma ? CpuKernels.Auto : CpuKernels.Ggml,
    });
}
