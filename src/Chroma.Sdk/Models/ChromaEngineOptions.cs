using Microsoft.Extensions.Logging;

namespace Chroma.Models;

/// <summary>What an engine computes on, and where its log goes.</summary>
public sealed record ChromaEngineOptions
{
    /// <summary>The most CPU threads that a computation takes.</summary>
    public const int MaxThreads = 512;

    /// <summary>CPU threads of a computation, 0 to <see cref="MaxThreads"/>; 0 is one per physical core.</summary>
    public int Threads { get; init; }

    /// <summary>
    /// A device of ggml such as <c>CUDA0</c> or <c>Vulkan0</c>, or <c>cpu</c> for the CPU alone. Null takes the first GPU that the native
    /// library was built for, or else the CPU.
    /// </summary>
    public string? Device { get; init; }

    /// <summary>Which code computes on the CPU. Matters to comparisons: the default is the fastest that the native library has.</summary>
    public CpuKernels Kernels { get; init; }

    /// <summary>Gets the native library's log under the category <c>Chroma.Native</c>; null for no log.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    internal void Check()
    {
        CheckThreads(Threads);
        if (!Enum.IsDefined(Kernels))
        {
            throw new ArgumentException($"The kernels must be one of {string.Join(", ", Enum.GetNames<CpuKernels>())}, but are {Kernels}.", "options");
        }
    }

    internal static void CheckThreads(int threads, string parameter = "options")
    {
        if (threads is < 0 or > MaxThreads)
        {
            throw new ArgumentException($"Threads must be 0 to {MaxThreads}, but is {threads}.", parameter);
        }
    }
}
