using Chroma.Models;

namespace Chroma.Cli.Bench;

/// <summary>A part of the benchmark.</summary>
[Flags]
internal enum BenchParts
{
    None = 0,

    /// <summary>One evaluation of the transformer.</summary>
    Forward = 1,

    /// <summary>A conditional and an unconditional evaluation together, against one.</summary>
    Pair = 2,

    /// <summary>One to four samples together, at the smallest size.</summary>
    Batch = 4,

    /// <summary>T5.</summary>
    TextEncoder = 8,

    /// <summary>The autoencoder's decoder.</summary>
    Autoencoder = 16,

    All = Forward | Pair | Batch | TextEncoder | Autoencoder,
}

/// <summary>What is to be measured.</summary>
internal sealed record BenchPlan
{
    public required BenchSizes Sizes { get; init; }

    public required BenchParts Parts { get; init; }

    /// <summary>Sides of the transformer's pictures in pixels.</summary>
    public required IReadOnlyList<int> Pixels { get; init; }

    /// <summary>Sides of the autoencoder's pictures in pixels.</summary>
    public required IReadOnlyList<int> DecodePixels { get; init; }

    public required IReadOnlyList<WeightType> Types { get; init; }

    public required IReadOnlyList<BenchBackend> Backends { get; init; }

    /// <summary>Text tokens that the transformer sees of each sample.</summary>
    public required int TextTokens { get; init; }

    /// <summary>Lengths of prompts for T5, in tokens.</summary>
    public required IReadOnlyList<int> PromptTokens { get; init; }

    /// <summary>The most runs of one measurement.</summary>
    public required int Runs { get; init; }

    /// <summary>CPU threads; 0 is one per physical core.</summary>
    public required int Threads { get; init; }
}

/// <summary>Whose code computes.</summary>
internal enum BenchBackend
{
    /// <summary>This library's, on oneDNN.</summary>
    Chroma,

    /// <summary>ggml's own CPU kernels, on the same graph.</summary>
    Ggml,
}
