namespace Chroma.Scheduling;

/// <summary>ComfyUI's <c>exponential</c>: equal distances in log sigma between the table's highest and lowest level.</summary>
public sealed class ExponentialScheduler : TableScheduler
{
    /// <inheritdoc/>
    public override string Name => "exponential";

    /// <inheritdoc/>
    protected override float[] Pick(SigmaTable table, int steps)
    {
        ArgumentNullException.ThrowIfNull(table);
        float[] logarithms = Spacing.Linear((float)Math.Log(table.Highest), (float)Math.Log(table.Lowest), steps);
        float[] sigmas = new float[steps + 1];
        for (int i = 0; i < steps; i++)
        {
            sigmas[i] = MathF.Exp(logarithms[i]);
        }

        return sigmas;
    }
}
