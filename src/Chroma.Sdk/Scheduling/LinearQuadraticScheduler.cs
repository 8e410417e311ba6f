namespace Chroma.Scheduling;

/// <summary>
/// ComfyUI's <c>linear_quadratic</c>, from Genmo's Mochi (<c>infer.py</c>): the first half of the steps goes linearly from 1 to 0.975, the other
/// half quadratically down to 0, with the same slope where they meet.
/// </summary>
public sealed class LinearQuadraticScheduler : TableScheduler
{
    private const double Threshold = 0.025;

    /// <inheritdoc/>
    public override string Name => "linear_quadratic";

    /// <inheritdoc/>
    protected override float[] Pick(SigmaTable table, int steps)
    {
        ArgumentNullException.ThrowIfNull(table);
        float[] sigmas = new float[steps + 1];
        sigmas[0] = table.Highest;
        int linear = steps / 2;
        int quadratic = steps - linear;
        double excess = (linear - (Threshold * steps)) / ((double)quadratic * quadratic);
        for (int i = 1; i < steps; i++)
        {
            double done = i < linear
                ? i * Threshold / linear
                : (excess / linear * i * i) + (((Threshold / linear) - (2 * excess)) * i) + (excess * linear);
            sigmas[i] = (float)(1 - done) * table.Highest;
        }

        return sigmas;
    }
}
