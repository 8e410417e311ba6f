using Chroma.Models;
using Chroma.Tokenization;
using Microsoft.Extensions.Logging;

namespace Chroma;

/// <summary>When weights are in memory.</summary>
public enum MemoryMode
{
    /// <summary>Everything is loaded once and stays: the fastest for many prompts.</summary>
    KeepLoaded,

    /// <summary>
    /// The text encoder and the transformer are never loaded together, so the peak is the larger of the two and not their sum. A prompt that was
    /// not encoded before makes the transformer give way to the text encoder and then load again.
    /// </summary>
    OneAtATime,
}

/// <summary>How a pipeline loads and where it computes.</summary>
public sealed record ChromaPipelineOptions
{
    /// <summary>The most that <see cref="MaximumTokens"/> can be.</summary>
    public const int LargestMaximumTokens = 4096;

    /// <summary>Converts the matrices of the text encoder and of the transformer while loading; <see cref="WeightType.Stored"/> keeps them.</summary>
    public WeightType WeightType { get; init; } = WeightType.Stored;

    /// <summary>Head channels for text, row and column positions; null takes them from the transformer's metadata, else Chroma1's.</summary>
    public RopeAxes? RopeAxes { get; init; }

    /// <summary>When weights are in memory.</summary>
    public MemoryMode Memory { get; init; } = MemoryMode.KeepLoaded;

    /// <summary>CPU threads; 0 takes one per physical core. Pictures do not depend on it.</summary>
    public int Threads { get; init; }

    /// <summary>A device of the native build, such as <c>CUDA0</c>; null takes its first GPU, else the CPU.</summary>
    public string? Device { get; init; }

    /// <summary>Which code computes on the CPU; the default is the fastest that the native library has. Pictures differ by rounding.</summary>
    public CpuKernels Kernels { get; init; }

    /// <summary>
    /// Prompts longer than this many tokens are cut, 1 to <see cref="LargestMaximumTokens"/>. A cut is a warning in the log, and
    /// <see cref="PromptEmbedding.IsTruncated"/> says so. T5 has no limit of its own; 512 is where it and Chroma were trained to stop.
    /// </summary>
    public int MaximumTokens { get; init; } = T5Tokenizer.DefaultMaxLength;

    /// <summary>Receives the log of the pipeline and of the native engine; null for none.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range or no value of its enumeration; the message names it.</exception>
    /// <exception cref="ArgumentException">The device's name is empty, or the RoPE axes are none.</exception>
    public void Validate()
    {
        CheckRange(Threads, 0, ChromaEngineOptions.MaxThreads, nameof(Threads));
        CheckRange(MaximumTokens, 1, LargestMaximumTokens, nameof(MaximumTokens));
        CheckDefined(Memory, nameof(Memory));
        CheckDefined(Kernels, nameof(Kernels));
        if (WeightType != WeightType.Stored && !WeightType.IsTarget())
        {
            throw new ArgumentOutOfRangeException(
                nameof(WeightType), WeightType, $"'{nameof(WeightType)}' must be Stored or one of {string.Join(", ", WeightTypes.Targets)}.");
        }

        if (Device is not null && (string.IsNullOrWhiteSpace(Device) || Device.Contains('\0', StringComparison.Ordinal)))
        {
            throw new ArgumentException($"'{nameof(Device)}' must be the name of a device, such as CUDA0 or cpu, or null.", nameof(Device));
        }

        RopeAxes?.Check(nameof(RopeAxes));
    }

    private static void CheckRange(int value, int least, int most, string name)
    {
        if (value < least || value > most)
        {
            throw new ArgumentOutOfRangeException(name, value, $"'{name}' must be {least} to {most}.");
        }
    }

    private static void CheckDefined<T>(T value, string name)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            throw new ArgumentOutOfRangeException(name, value, $"'{name}' must be one of {string.Join(", ", Enum.GetNames<T>())}.");
        }
    }
}
