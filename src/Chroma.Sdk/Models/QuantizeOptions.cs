namespace Chroma.Models;

/// <summary>How a checkpoint is converted.</summary>
public sealed record QuantizeOptions
{
    /// <summary>The type of the matrices: F32, F16, BF16, Int8 or a quantised type. Norms and biases stay as they are stored.</summary>
    public required WeightType Type { get; init; }

    /// <summary>Whether the transformer's Approximator is converted too; it is small, and pictures depend on its precision.</summary>
    public bool IncludeApproximator { get; init; }

    /// <summary>CPU threads, 0 to <see cref="ChromaEngineOptions.MaxThreads"/>; 0 is one per physical core.</summary>
    public int Threads { get; init; }

    internal void Check()
    {
        ChromaEngineOptions.CheckThreads(Threads);
        if (!Type.IsTarget())
        {
            throw new ArgumentException($"Weights cannot be converted to {Type}; expected one of {string.Join(", ", WeightTypes.Targets)}.", "options");
        }
    }
}
