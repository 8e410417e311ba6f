namespace Chroma.Sampling;

/// <summary>
/// An ancestral step in the variance-exploding form of k-diffusion's <c>get_ancestral_step</c>: to <see cref="Down"/>
/// without noise, then noise of standard deviation <see cref="Up"/>; together they make the next noise level.
/// </summary>
/// <remarks>
/// The arithmetic is float32 on purpose. After a step from almost pure noise <see cref="Down"/> is what is left of next² - up² when
/// nearly all of it cancels, so only the original's rounding gives the original's latent (1e-4 of it for dpmpp_sde).
/// </remarks>
internal readonly struct AncestralStep
{
    /// <summary>Plans the step from <paramref name="sigma"/> to <paramref name="next"/>; eta 0 adds no noise.</summary>
    public AncestralStep(float sigma, float next, double eta)
    {
        if (eta == 0)
        {
            Down = next;
            return;
        }

        float variance = sigma * sigma;
        float varianceNext = next * next;
        Up = MathF.Min(next, (float)eta * MathF.Sqrt(varianceNext * (variance - varianceNext) / variance));
        Down = MathF.Sqrt(varianceNext - (Up * Up));
    }

    /// <summary>The noise level to go down to.</summary>
    public float Down { get; }

    /// <summary>The standard deviation of the noise to add.</summary>
    public float Up { get; }
}
