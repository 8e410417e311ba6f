using System.Text.Json.Serialization;

namespace Chroma.Cli.Bench;

/// <summary>Everything that one run measured.</summary>
internal sealed record BenchReport
{
    public required BenchMachine Machine { get; init; }

    public required BenchModel Model { get; init; }

    public required BenchPeak Peak { get; init; }

    public required IReadOnlyList<ForwardResult> Forward { get; init; }

    public required IReadOnlyList<TextEncoderResult> TextEncoder { get; init; }

    public required IReadOnlyList<AutoencoderResult> Autoencoder { get; init; }
}

internal sealed record BenchMachine(string Engine, int Threads, string System, string Version);

/// <summary>The transformer's sizes; <paramref name="Parameters"/> are those of its weights.</summary>
internal sealed record BenchModel(int Hidden, int DoubleBlocks, int SingleBlocks, int TextTokens, long Parameters);

/// <summary>The best rates of a plain matrix product in this run, GFLOP/s; null where they cannot be measured.</summary>
internal sealed record BenchPeak(double? F32, double? Bf16, double? Int8);

/// <summary>What every measurement of a network has.</summary>
internal abstract record NetworkResult
{
    public required string Type { get; init; }

    public required string Backend { get; init; }

    /// <summary>The best time of one call.</summary>
    public required double Seconds { get; init; }

    /// <summary>Calls that were timed.</summary>
    public required int Runs { get; init; }

    /// <summary>Useful work of one call, GFLOP.</summary>
    public required double Gflop { get; init; }

    /// <summary>Useful work per second, GFLOP/s.</summary>
    public double Gflops => Gflop / Seconds;

    /// <summary>Of the bf16 peak; null where that cannot be measured, as the other shares are.</summary>
    public double? ShareOfPeak { get; init; }

    public required long WeightBytes { get; init; }

    /// <summary>Scratch memory of the call.</summary>
    public required long ComputeBytes { get; init; }

    /// <summary>The largest resident set of this process during the measurement, weights and measuring included; null where the system does not say.</summary>
    public required long? ResidentPeakBytes { get; init; }

    /// <summary>How many times as long ggml's kernels took; null where they were not measured.</summary>
    public double? SpeedupOverGgml { get; init; }
}

/// <summary>One evaluation of the transformer.</summary>
internal sealed record ForwardResult : NetworkResult
{
    /// <summary>The picture's side in pixels.</summary>
    public required int Size { get; init; }

    /// <summary>Image and text tokens of a sample.</summary>
    public required int Tokens { get; init; }

    /// <summary>Of the peak in the type's own arithmetic: f32 for f32 weights, int8 for int8, else bf16.</summary>
    public double? ShareOfOwnPeak { get; init; }

    /// <summary>Of the time, in a run that measures parts: linear layers.</summary>
    public required double LinearShare { get; init; }

    public required double AttentionShare { get; init; }

    public required double OtherShare { get; init; }

    /// <summary>Useful work of the linear layers by the time that they took, GFLOP/s.</summary>
    public required double LinearGflops { get; init; }

    /// <summary>Of the bf16 peak.</summary>
    public double? LinearShareOfPeak { get; init; }

    public required double AttentionGflops { get; init; }

    /// <summary>Of the bf16 peak.</summary>
    public double? AttentionShareOfPeak { get; init; }

    /// <summary>A conditional and an unconditional sample together.</summary>
    public double? PairSeconds { get; init; }

    /// <summary>Their time by that of one.</summary>
    public double? PairRatio { get; init; }

    /// <summary>Several samples together.</summary>
    public IReadOnlyList<BatchResult>? Batch { get; init; }

    /// <summary>Between this velocity and that of float32 weights on the same backend; null where those were not measured.</summary>
    public double? CosineToF32 { get; init; }
}

internal sealed record BatchResult(int Samples, double Seconds)
{
    public double SecondsPerSample => Seconds / Samples;
}

/// <summary>T5 on one prompt.</summary>
internal sealed record TextEncoderResult : NetworkResult
{
    public required int Tokens { get; init; }

    /// <summary>Blocks that were measured; XXL has 24.</summary>
    public required int Layers { get; init; }
}

/// <summary>The autoencoder decoding one picture.</summary>
internal sealed record AutoencoderResult : NetworkResult
{
    /// <summary>The picture's side in pixels.</summary>
    public required int Size { get; init; }

    public required double ConvolutionShare { get; init; }

    public required double AttentionShare { get; init; }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BenchReport))]
internal sealed partial class BenchJson : JsonSerializerContext;
