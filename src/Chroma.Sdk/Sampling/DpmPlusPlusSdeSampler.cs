namespace Chroma.Sampling;

/// <summary>
/// DPM-Solver++ (stochastic), <c>dpmpp_sde</c>: a two-stage solver of the reverse SDE with noise in both stages. Lu et al. 2022
/// (arXiv:2211.01095), after k-diffusion and ComfyUI. Two evaluations and two noises per step.
/// </summary>
public sealed class DpmPlusPlusSdeSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "dpmpp_sde";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Options => OptionTexts.Of(("eta", Eta, 1), ("s_noise", NoiseScale, 1), ("r", Stage, 0.5));

    /// <summary>How stochastic the path is: 0 is the deterministic solver, 1 the reverse SDE. 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double Eta { get; init => field = OptionRange.Check("eta", value, 0, 100); } = 1;

    /// <summary>A factor on the noise, 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double NoiseScale { get; init => field = OptionRange.Check("s_noise", value, 0, 100); } = 1;

    /// <summary>Where the inner stage lies in a step, in half log SNR: 0.01 to 1, the middle by default.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double Stage { get; init => field = OptionRange.Check("r", value, 0.01, 1); } = 0.5;

    /// <inheritdoc/>
    public void Sample(SamplerRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        Span<float> x = run.X.Span;
        float[] sigmas = FlowMath.SigmasWithFiniteSnr(run);
        float[] denoised = run.NewBuffer();
        float[] inner = run.NewBuffer();
        float[] denoisedInner = run.NewBuffer();
        for (int i = 0; i < run.Steps; i++)
        {
            float sigma = sigmas[i];
            float next = sigmas[i + 1];
            run.EvaluateStep(i, x, sigma, denoised);
            if (next == 0)
            {
                denoised.CopyTo(x);
                continue;
            }

            float lambda = (float)FlowMath.HalfLogSnr(sigma);
            float lambdaNext = (float)FlowMath.HalfLogSnr(next);
            float lambdaInner = lambda + ((float)Stage * (lambdaNext - lambda));
            float sigmaInner = (float)FlowMath.Sigma(lambdaInner);
            Advance(run, inner, x, denoised, (sigma, lambda), (sigmaInner, lambdaInner), denoisedInner);
            run.Evaluate(inner, sigmaInner, denoisedInner);

            double weight = 1 / (2 * Stage);
            Blend.Set(denoised, 1 - weight, denoised, weight, denoisedInner);
            Advance(run, x, x, denoised, (sigma, lambda), (next, lambdaNext), denoisedInner);
        }
    }

    /// <summary>
    /// The exact solution from one noise level to another if the model's answer were constant, noise included. Sigma over alpha, which
    /// is e^-lambda, is the noise level of the same latent in variance-exploding form, so the ancestral split is done there.
    /// </summary>
    private void Advance(
        SamplerRun run,
        Span<float> destination,
        ReadOnlySpan<float> x,
        ReadOnlySpan<float> denoised,
        (float Sigma, float Lambda) from,
        (float Sigma, float Lambda) to,
        float[] noise)
    {
        float ratio = (float)Math.Exp(-from.Lambda);
        float ratioNext = (float)Math.Exp(-to.Lambda);
        double alpha = from.Sigma / (double)ratio;
        double alphaNext = to.Sigma / (double)ratioNext;
        AncestralStep step = new(ratio, ratioNext, Eta);
        double keep = (double)step.Down / ratio;
        Blend.Set(destination, alphaNext / alpha * keep, x, alphaNext * (1 - keep), denoised);
        if (Eta > 0 && NoiseScale > 0)
        {
            run.NextNoise(noise, from.Sigma, to.Sigma);
            Blend.Add(destination, alphaNext * NoiseScale * step.Up, noise);
        }
    }
}
