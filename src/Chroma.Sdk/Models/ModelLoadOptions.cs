namespace Chroma.Models;

/// <summary>How a model's weights are brought into memory.</summary>
public sealed record ModelLoadOptions
{
    /// <summary>
    /// The type to convert matrices to while loading. <see cref="WeightType.Stored"/> keeps them as they are, memory-mapped where the
    /// device allows it, which loads fastest.
    /// </summary>
    public WeightType Type { get; init; } = WeightType.Stored;

    /// <summary>Whether <see cref="Type"/> applies to the transformer's Approximator too; it is small, and pictures depend on its precision.</summary>
    public bool ConvertApproximator { get; init; }

    /// <summary>The transformer's RoPE axes, or null to take them from the file's metadata, or else Chroma1's 16, 56, 56 (scaled to the head).</summary>
    public RopeAxes? RopeAxes { get; init; }

    internal void Check()
    {
        if (Type != WeightType.Stored && !Type.IsTarget())
        {
            throw new ArgumentException(
                $"Weights cannot be converted to {Type}; expected Stored or one of {string.Join(", ", WeightTypes.Targets)}.", "options");
        }

        if (RopeAxes is { } axes)
        {
            axes.Check();
        }
    }
}
