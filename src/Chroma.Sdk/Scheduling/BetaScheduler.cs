namespace Chroma.Scheduling;

/// <summary>
/// ComfyUI's <c>beta</c>: entries of the table at the quantiles of a beta distribution with alpha = beta = 0.6, which puts more steps at
/// both ends. Lee et al., "Beta sampling is all you need", 2024 (arXiv 2407.12173). An entry that comes up twice counts once.
/// </summary>
public sealed class BetaScheduler : TableScheduler
{
    private const double Alpha = 0.6;
    private const double Beta = 0.6;

    /// <inheritdoc/>
    public override string Name => "beta";

    /// <inheritdoc/>
    protected override float[] Pick(SigmaTable table, int steps)
    {
        ArgumentNullException.ThrowIfNull(table);
        List<float> sigmas = new(steps + 1);
        int last = -1;
        for (int i = 0; i < steps; i++)
        {
            double quantile = BetaDistribution.Quantile(1 - (i * (1.0 / steps)), Alpha, Beta);
            int entry = (int)Math.Round(quantile * (table.Sigmas.Length - 1), MidpointRounding.ToEven);
            if (entry != last)
            {
                sigmas.Add(table.Sigmas[entry]);
            }

            last = entry;
        }

        sigmas.Add(0);
        return [.. sigmas];
    }
}
