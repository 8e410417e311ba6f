namespace Chroma.Sampling;

/// <summary>
/// Stochastic exponential derivative-free solver with three stages, <c>seeds_3</c>. Gonzalez et al. 2023 (arXiv:2305.14267), after ComfyUI.
/// Three evaluations and three noises per step.
/// </summary>
public sealed class Seeds3Sampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "seeds_3";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Options => OptionTexts.Of(("eta", Eta, 1), ("s_noise", NoiseScale, 1), ("r_1", Stage2, 1.0 / 3), ("r_2", Stage3, 2.0 / 3));

    /// <summary>How stochastic the path is: 0 is the deterministic solver, 1 the reverse SDE. 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double Eta { get; init => field = OptionRange.Check("eta", value, 0, 100); } = 1;

    /// <summary>A factor on the noise, 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double NoiseScale { get; init => field = OptionRange.Check("s_noise", value, 0, 100); } = 1;

    /// <summary>Where the second stage lies in a step, in half log SNR: 0.01 to 1, a third by default.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double Stage2 { get; init => field = OptionRange.Check("r_1", value, 0.01, 1); } = 1.0 / 3;

    /// <summary>Where the third stage lies in a step, behind the second: 0.01 to 1, two thirds by default.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double Stage3 { get; init => field = OptionRange.Check("r_2", value, 0.01, 1); } = 2.0 / 3;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><see cref="Stage3"/> lies before <see cref="Stage2"/>.</exception>
    public void Sample(SamplerRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (Stage3 < Stage2)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"The option 'r_2' must not be below 'r_1', but they are {Stage3} and {Stage2}."));
        }

        Span<float> x = run.X.Span;
        float[] sigmas = FlowMath.SigmasWithFiniteSnr(run);
        float[] denoised = run.NewBuffer();
        float[] denoisedInner = run.NewBuffer();
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
            double sigma2 = step.SigmaAt(Stage2);
            double sigma3 = step.SigmaAt(Stage3);
            Blend.Set(inner, step.Keep(Stage2, sigma2), x, -(1 - sigma2) * ExponentialIntegrator.HPhi1(-Stage2 * step.HEta), denoised);
            noise.Start(step, Stage2, sigma, sigma2);
            noise.AddTo(inner, sigma2);
            run.Evaluate(inner, (float)sigma2, denoisedInner);

            double weight = Stage3 / Stage2 * ExponentialIntegrator.HPhi2(-Stage3 * step.HEta);
            double weightFirst = ExponentialIntegrator.HPhi1(-Stage3 * step.HEta) - weight;
            Blend.Set(inner, step.Keep(Stage3, sigma3), x, -(1 - sigma3) * weightFirst, denoised);
            Blend.Add(inner, -(1 - sigma3) * weight, denoisedInner);
            noise.Continue(step, Stage2, Stage3, sigma2, sigma3);
            noise.AddTo(inner, sigma3);
            run.Evaluate(inner, (float)sigma3, denoisedInner);

            weight = ExponentialIntegrator.HPhi2(-step.HEta) / Stage3;
            weightFirst = ExponentialIntegrator.HPhi1(-step.HEta) - weight;
            double alpha = 1 - (double)next;
            Blend.Set(x, step.Keep(1, next), x, -alpha * weightFirst, denoised);
            Blend.Add(x, -alpha * weight, denoisedInner);
            noise.Continue(step, Stage3, 1, sigma3, next);
            noise.AddTo(x, next);
        }
    }
}
