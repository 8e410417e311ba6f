using Chroma.Tensors;

namespace Chroma.Models;

/// <summary>What one run of a network takes beside its inputs.</summary>
public sealed record RunOptions
{
    /// <summary>CPU threads of this run, 0 to <see cref="ChromaEngineOptions.MaxThreads"/>; 0 takes the engine's. Results do not depend on it.</summary>
    public int Threads { get; init; }

    /// <summary>Told after each block, on the thread that runs the network. What it throws stops the run and comes out of it.</summary>
    public IProgress<BlockProgress>? Progress { get; init; }

    /// <summary>Stops the run within a block's time.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>Looks at layers during this run only. <see cref="ChromaModel.Tap(ReadOnlySpan{string})"/> looks at every run.</summary>
    public IReadOnlyList<LayerTap> Taps { get; init; } = [];

    /// <summary>Receives where the time of this run went; null does not measure it.</summary>
    public RunProfile? Profile { get; init; }

    /// <summary>
    /// Leaves out what can be predicted from the evaluations before this one; null computes everything. The transformer alone has a use for it. A
    /// run with taps computes everything, too.
    /// </summary>
    public StepCache? StepCache { get; init; }

    internal static RunOptions Default { get; } = new();

    internal void Check()
    {
        ChromaEngineOptions.CheckThreads(Threads);
        ArgumentNullException.ThrowIfNull(Taps, "options");
    }
}

/// <summary>Somebody who looks at layers: told each layer's output as soon as it is computed, on the thread that runs the network.</summary>
/// <param name="Patterns">
/// Names of PyTorch modules such as <c>double_blocks.0.img</c>, in which <c>*</c> is any run of characters, dots included, and <c>?</c> is any one.
/// </param>
/// <param name="Listener">Gets the module's name and a copy of its output. What it throws stops the run and comes out of it.</param>
public sealed record LayerTap(IReadOnlyList<string> Patterns, Action<string, FloatTensor> Listener);
