namespace Chroma.Scheduling;

/// <summary>
/// ComfyUI's <c>karras</c>: equal distances in sigma^(1/7) between the table's highest and lowest level. Karras et al., "Elucidating the
/// design space of diffusion-based generative models", 2022, equation 5.
/// </summary>
public sealed class KarrasScheduler : TableScheduler
{
    private const double Rho = 7;

    /// <inheritdoc/>
    public override string Name => "karras";

    /// <inheritdoc/>
    protected override float[] Pick(SigmaTable table, int steps)
    {
        ArgumentNullException.ThrowIfNull(table);
        double highest = Math.Pow(table.Highest, 1 / Rho);
        double lowest = Math.Pow(table.Lowest, 1 / Rho);
        float[] ramp = Spacing.Linear(0f, 1f, steps);
        float[] sigmas = new float[steps + 1];
        for (int i = 0; i < steps; i++)
        {
            sigmas[i] = MathF.Pow((float)highest + (ramp[i] * (float)(lowest - highest)), (float)Rho);
        }

        return sigmas;
    }
}
