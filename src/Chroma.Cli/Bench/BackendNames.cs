using Chroma.Models;

namespace Chroma.Cli.Bench;

/// <summary>The backends by name, and how they are opened.</summary>
internal static class BackendNames
{
    public static string Of(BenchBackend backend) => backend == BenchBackend.Chroma ? "chroma" : "ggml";

    public static ChromaEngine Open(BenchBackend backend, int threads) => new(new ChromaEngineOptions
    {
        Threads = threads,
        Device = "cpu",
        Kernels = backend == BenchBackend.Chroma ? CpuKernels.Auto : CpuKernels.Ggml,
    });
}
