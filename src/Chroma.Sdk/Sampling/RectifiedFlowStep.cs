namespace Chroma.Sampling;

/// <summary>
/// An ancestral step of a rectified flow: go down past the next noise level, then put noise back so that the mixture
/// x = (1 - sigma) · latent + sigma · noise is right there. ComfyUI's <c>sample_euler_ancestral_RF</c> and its relatives.
/// </summary>
internal readonly struct RectifiedFlowStep
{
    /// <summary>Plans the step from <paramref name="sigma"/> to <paramref name="next"/>.</summary>
    public RectifiedFlowStep(double sigma, double next, double eta)
    {
        Down = next * (1 + (((next / sigma) - 1) * eta));
        double alphaNext = 1 - next;
        double alphaDown = 1 - Down;
        Keep = alphaNext / alphaDown;
        double scaled = Down * Keep;
        Renoise = Math.Sqrt(Math.Max(0, (next * next) - (scaled * scaled)));
    }

    /// <summary>The noise level to go down to.</summary>
    public double Down { get; }

    /// <summary>The factor on the latent at <see cref="Down"/> before noise is added.</summary>
    public double Keep { get; }

    /// <summary>The factor on the noise.</summary>
    public double Renoise { get; }

    /// <summary>Complains if eta reaches below noise level 0, where solvers that take logarithms cannot follow.</summary>
    /// <exception cref="ArgumentException"><see cref="Down"/> is negative.</exception>
    public RectifiedFlowStep AboveZero(double sigma, double next, double eta) => Down >= 0
        ? this
        : throw new ArgumentException(FormattableString.Invariant(
            $"The option 'eta' of {eta} is too large for the step from sigma {sigma} to {next}: it would go below 0."));
}
