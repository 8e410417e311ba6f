namespace Chroma.Sampling;

/// <summary>
/// Refined exponential solver, multistep of second order, <c>res_multistep</c> and <c>res_multistep_ancestral</c>. Zhang et al. 2023
/// (arXiv:2308.02157), after ComfyUI; its time is -ln sigma and its ancestral noise the variance-exploding kind, for flow models too.
/// One evaluation per step.
/// </summary>
public sealed class ResMultistepSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => Eta > 0 ? "res_multistep_ancestral" : "res_multistep";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Options => OptionTexts.Of(("eta", Eta, Eta > 0 ? 1 : 0), ("s_noise", NoiseScale, 1));

    /// <summary>How much noise is renewed in each step: 0 none, 1 the full ancestral amount. 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double Eta { get; init => field = OptionRange.Check("eta", value, 0, 100); }

    /// <summary>A factor on the noise, 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double NoiseScale { get; init => field = OptionRange.Check("s_noise", value, 0, 100); } = 1;

    /// <inheritdoc/>
    public void Sample(SamplerRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        Span<float> x = run.X.Span;
        float[] noise = run.NewBuffer();
        History answers = new(2, x.Length);
        double downLast = 0;
        for (int i = 0; i < run.Steps; i++)
        {
            float sigma = run.Sigmas[i];
            float next = run.Sigmas[i + 1];
            float[] denoised = answers.Push();
            run.EvaluateStep(i, x, sigma, denoised);
            AncestralStep step = new(sigma, next, Eta);
            if (i == 0 || step.Down == 0)
            {
                Blend.StepToward(x, x, denoised, sigma, step.Down);
            }
            else
            {
                double h = Math.Log((double)sigma / step.Down);
                double c2 = Math.Log(downLast / run.Sigmas[i - 1]) / h;
                double phi1 = ExponentialIntegrator.HPhi1(-h) / -h;
                double phi2 = ExponentialIntegrator.HPhi2(-h) / -h;
                Blend.Set(x, (double)step.Down / sigma, x, h * (phi1 - (phi2 / c2)), denoised);
                Blend.Add(x, h * phi2 / c2, answers[1]);
            }

            if (next > 0 && Eta > 0)
            {
                run.NextNoise(noise, sigma, next);
                Blend.Add(x, NoiseScale * step.Up, noise);
            }

            downLast = step.Down;
        }
    }
}
