namespace Chroma.Sampling;

/// <summary>
/// An ancestral step in the variance-exploding form of k-diffusion's <c>get_ancestral_step</c>: to <see cref="Down"/>
/// without noise, then noise of standard deviation <see cref="Up"/>; together they make the next noise level.
/// </summary>
internal readonly struct AncestralStep
{
    /// <summary>Plans the step from <paramref name="sigma"/> to <paramref name="next"/>; eta 0 adds no noise.</summary>
    public AncestralStep(double sigma, double next, double eta)
    {
        Up = Math.Min(next, eta * Math.Sqrt(next * next * ((sigma * sigma) - (next * next)) / (sigma * sigma)));
        Down = eta == 0 ? next : Math.Sqrt((next * next) - (Up * Up));
    }

    /// <summary>The noise level to go down to.</summary>
    public double Down { get; }

    /// <summary>The standard deviation of the noise to add.</summary>
    public double Up { get; }
}
