namespace Chroma.Scheduling;

/// <summary>
/// ComfyUI's <c>kl_optimal</c>: equal distances in arctan sigma between the table's highest and lowest level. Sabour, Fidler and Kreis,
/// "Align your steps", 2024, theorem 3.1. For a single step, where the formula is 0/0, the highest level.
/// </summary>
public sealed class KlOptimalScheduler : TableScheduler
{
    /// <inheritdoc/>
    public override string Name => "kl_optimal";

    /// <inheritdoc/>
    protected override float[] Pick(SigmaTable table, int steps)
    {
        ArgumentNullException.ThrowIfNull(table);
        float lowest = (float)Math.Atan(table.Lowest);
        float highest = (float)Math.Atan(table.Highest);
        float[] sigmas = new float[steps + 1];
        for (int i = 0; i < steps; i++)
        {
            float place = steps > 1 ? i / (float)(steps - 1) : 0;
            sigmas[i] = Math.Min(MathF.Tan((place * lowest) + ((1 - place) * highest)), table.Highest);
        }

        return sigmas;
    }
}
