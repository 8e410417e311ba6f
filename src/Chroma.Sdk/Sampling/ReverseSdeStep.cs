namespace Chroma.Sampling;

/// <summary>
/// One step of the multistep SDE solvers of DPM-Solver++ in half log SNR: the first-order solution
/// <see cref="Keep"/> · x + <see cref="Take"/> · denoised, and what the higher orders and the noise need.
/// </summary>
internal readonly struct ReverseSdeStep
{
    private readonly float _sigma;
    private readonly float _next;
    private readonly double _eta;

    /// <summary>Plans the step from <paramref name="sigma"/> (below 1) to <paramref name="next"/> (above 0).</summary>
    public ReverseSdeStep(float sigma, float next, double eta)
    {
        _sigma = sigma;
        _next = next;
        _eta = eta;
        H = FlowMath.HalfLogSnr(next) - FlowMath.HalfLogSnr(sigma);
        HEta = H * (eta + 1);
        Alpha = 1 - (double)next;
        Keep = (double)next / sigma * Math.Exp(-H * eta);
        Take = -Alpha * double.ExpM1(-HEta);
    }

    /// <summary>The width of the step in half log SNR.</summary>
    public double H { get; }

    /// <summary>The width as the SDE of this eta feels it: h · (1 + eta).</summary>
    public double HEta { get; }

    /// <summary>alpha = 1 - sigma at the end of the step.</summary>
    public double Alpha { get; }

    /// <summary>The factor on x.</summary>
    public double Keep { get; }

    /// <summary>The factor on the denoised latent.</summary>
    public double Take { get; }

    /// <summary>The weight of a slope: (e^-h' - 1) / h' + 1 with h' = <see cref="HEta"/>.</summary>
    public double Phi2 => (double.ExpM1(-HEta) / HEta) + 1;

    /// <summary>The weight of a curvature: <see cref="Phi2"/> / h' - 1/2.</summary>
    public double Phi3 => (Phi2 / HEta) - 0.5;

    /// <summary>Adds the noise of the step, if eta and the noise scale are above 0.</summary>
    public void AddNoise(SamplerRun run, Span<float> x, double noiseScale, float[] noise)
    {
        if (_eta > 0 && noiseScale > 0)
        {
            run.NextNoise(noise, _sigma, _next);
            Blend.Add(x, _next * Math.Sqrt(-double.ExpM1(-2 * H * _eta)) * noiseScale, noise);
        }
    }
}
