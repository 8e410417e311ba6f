namespace Chroma.Scheduling;

/// <summary>ComfyUI's <c>simple</c>: entries of the table at equal distances, from the highest down.</summary>
public sealed class SimpleScheduler : TableScheduler
{
    /// <inheritdoc/>
    public override string Name => "simple";

    /// <inheritdoc/>
    protected override float[] Pick(SigmaTable table, int steps)
    {
        ArgumentNullException.ThrowIfNull(table);
        float[] sigmas = new float[steps + 1];
        double distance = (double)table.Sigmas.Length / steps;
        for (int i = 0; i < steps; i++)
        {
            sigmas[i] = table.Sigmas[^(1 + (int)(i * distance))];
        }

        return sigmas;
    }
}
