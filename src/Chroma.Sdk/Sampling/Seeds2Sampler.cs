namespace Chroma.Sampling;

/// <summary>The two ways of <see cref="Seeds2Sampler"/> to weigh its inner answer.</summary>
public enum SeedsSolverType
{
    /// <summary>One exponential function for the interpolated answer, <c>phi_1</c>.</summary>
    Phi1,

    /// <summary>The second exponential function for the change of the answer, <c>phi_2</c>.</summary>
    Phi2,
}

/// <summary>
/// Stochastic exponential derivative-free solver with two stages, <c>seeds_2</c>. Gonzalez et al. 2023 (arXiv:2305.14267), after ComfyUI.
/// Two evaluations and two noises per step.
/// </summary>
public sealed class Seeds2Sampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "seeds_2";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Options => SolverType == SeedsSolverType.Phi1
        ? OptionTexts.Of(("eta", Eta, 1), ("s_noise", NoiseScale, 1), ("r", Stage, 0.5))
        : new Dictionary<string, string>(OptionTexts.Of(("eta", Eta, 1), ("s_noise", NoiseScale, 1), ("r", Stage, 0.5))) { ["solver_type"] = "phi_2" };

    /// <summary>How stochastic the path is: 0 is the deterministic solver, 1 the reverse SDE. 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double Eta { get; init => field = OptionRange.Check("eta", value, 0, 100); } = 1;

    /// <summary>A factor on the noise, 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double NoiseScale { get; init => field = OptionRange.Check("s_noise", value, 0, 100); } = 1;

    /// <summary>Where the inner stage lies in a step, in half log SNR: 0.01 to 1, the middle by default.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double Stage { get; init => field = OptionRange.Check("r", value, 0.01, 1); } = 0.5;

    /// <summary>How the inner answer is weighed.</summary>
    /// <exception cref="ArgumentException">The value is none of the enumeration.</exception>
    public SeedsSolverType SolverType { get; init => field = OptionRange.Check("solver_type", value); }

    /// <inheritdoc/>
    public void Sample(SamplerRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        Span<float> x = run.X.Span;
        float[] sigmas = FlowMath.SigmasWithFiniteSnr(run);
        float[] denoised = run.NewBuffer();
        float[] denoised2 = run.NewBuffer();
        float[] inner = run.NewBuffer();
        SeedsNoise noise = new(run, Eta, NoiseScale);
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

            SeedsStep step = new(sigma, next, Eta);
            double sigma2 = step.SigmaAt(Stage);
            Blend.Set(inner, step.Keep(Stage, sigma2), x, -(1 - sigma2) * ExponentialIntegrator.HPhi1(-Stage * step.HEta), denoised);
            noise.Start(step, Stage, sigma, sigma2);
            noise.AddTo(inner, sigma2);
            run.Evaluate(inner, (float)sigma2, denoised2);

            double phi1 = ExponentialIntegrator.HPhi1(-step.HEta);
            double weight2 = SolverType == SeedsSolverType.Phi1
                ? phi1 / (2 * Stage)
                : ExponentialIntegrator.HPhi2(-step.HEta) / Stage;
            double alpha = 1 - (double)next;
            Blend.Set(x, step.Keep(1, next), x, -alpha * (phi1 - weight2), denoised);
            Blend.Add(x, -alpha * weight2, denoised2);
            noise.Continue(step, Stage, 1, sigma2, next);
            noise.AddTo(x, next);
        }
    }
}
