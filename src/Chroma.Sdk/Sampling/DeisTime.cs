namespace Chroma.Sampling;

/// <summary>
/// The time of DEIS: the variance-preserving SDE with linear beta whose noise levels run from 0.002 at t = 0.001 to 80 at t = 1.
/// alpha(t) = exp(-(beta1 - beta0) t² / 2 - beta0 t) and sigma² = 1 / alpha - 1.
/// </summary>
/// <remarks>
/// Times are float32 on purpose: ln(0.002² + 1) loses a percent in it, and the latents of the original carry that in their sixth digit.
/// </remarks>
internal static class DeisTime
{
    private const int IntegrationPoints = 10_000;
    private const float FirstTime = 1e-3f;
    private const float LeastSigma = 0.002f;
    private const float GreatestSigma = 80;

    /// <summary>The slope of beta, beta1 - beta0.</summary>
    private static readonly float _betaSlope =
        2 * ((LogVariance(LeastSigma) / FirstTime) - LogVariance(GreatestSigma)) / (FirstTime - 1);

    /// <summary>beta0.</summary>
    private static readonly float _betaStart = LogVariance(GreatestSigma) - (_betaSlope / 2);

    /// <summary>The time at which the SDE has this noise level.</summary>
    public static float FromSigma(float sigma) =>
        (MathF.Sqrt((_betaStart * _betaStart) + (2 * _betaSlope * LogVariance(sigma))) - _betaStart) / _betaSlope;

    /// <summary>
    /// The weights of the last slopes, newest first: integrals over the coming step of d sigma/dt times each Lagrange polynomial,
    /// summed over as many points, both ends included, as the original does.
    /// </summary>
    public static double[] Weights(ReadOnlySpan<double> times, int step, int order)
    {
        double start = times[step];
        double width = times[step + 1] - start;
        double[] weights = new double[order];
        for (int point = 0; point < IntegrationPoints; point++)
        {
            double t = start + (width * point / (IntegrationPoints - 1));
            double growth = SigmaGrowth(t);
            for (int j = 0; j < order; j++)
            {
                double polynomial = 1;
                for (int k = 0; k < order; k++)
                {
                    if (k != j)
                    {
                        polynomial *= (t - times[step - k]) / (times[step - j] - times[step - k]);
                    }
                }

                weights[j] += growth * polynomial;
            }
        }

        for (int j = 0; j < order; j++)
        {
            weights[j] *= width / IntegrationPoints;
        }

        return weights;
    }

    /// <summary>-(d ln alpha / dt) / (2 sqrt(alpha (1 - alpha))), which is how fast sigma = sqrt(1/alpha - 1) grows.</summary>
    private static double SigmaGrowth(double t)
    {
        double alpha = Math.Exp((-0.5 * t * t * _betaSlope) - (t * _betaStart));
        return 0.5 * ((_betaSlope * t) + _betaStart) / Math.Sqrt(alpha * (1 - alpha));
    }

    private static float LogVariance(float sigma) => MathF.Log((sigma * sigma) + 1);
}
