namespace Chroma.Sampling;

/// <summary>
/// Noise levels of a rectified flow, x = (1 - sigma) · latent + sigma · noise, in the terms of variance-preserving solvers:
/// alpha = 1 - sigma, and the half log signal-to-noise ratio lambda = ln(alpha / sigma), which rises as noise falls.
/// </summary>
internal static class FlowMath
{
    /// <summary>ComfyUI steps back from pure noise by this part of the way where lambda would be minus infinity.</summary>
    private const double FirstSigmaOffset = 1e-4;

    /// <summary>lambda = ln((1 - sigma) / sigma).</summary>
    public static double HalfLogSnr(double sigma) => Math.Log((1 - sigma) / sigma);

    /// <summary>The inverse of <see cref="HalfLogSnr"/>: 1 / (1 + e^lambda).</summary>
    public static double Sigma(double halfLogSnr) => 1 / (1 + Math.Exp(halfLogSnr));

    /// <summary>
    /// The run's noise levels with a first level of 1 replaced by the level just after the start (0.99996835 for Chroma),
    /// because lambda(1) is minus infinity; ComfyUI's <c>offset_first_sigma_for_snr</c>.
    /// </summary>
    /// <exception cref="ArgumentException">The second level is not below the replacement.</exception>
    public static float[] SigmasWithFiniteSnr(SamplerRun run)
    {
        float[] sigmas = run.Sigmas.ToArray();
        if (sigmas[0] >= 1)
        {
            sigmas[0] = (float)run.PercentToSigma(FirstSigmaOffset);
            if (sigmas[1] >= sigmas[0])
            {
                throw new ArgumentException(FormattableString.Invariant(
                    $"This sampler starts at sigma {sigmas[0]} instead of 1, so the second sigma must be below that, but is {sigmas[1]}."));
            }
        }

        return sigmas;
    }
}
