namespace Chroma.Sampling;

/// <summary>
/// <see cref="Dpm2Sampler"/> with ancestral noise, <c>dpm_2_ancestral</c>, in the rectified-flow form of ComfyUI. Two evaluations per step.
/// </summary>
public sealed class Dpm2AncestralSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "dpm_2_ancestral";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Options => OptionTexts.Of(("eta", Eta, 1), ("s_noise", NoiseScale, 1));

    /// <summary>How much noise is renewed in each step: 0 none, 1 the full ancestral amount. 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double Eta { get; init => field = OptionRange.Check("eta", value, 0, 100); } = 1;

    /// <summary>A factor on the noise, 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double NoiseScale { get; init => field = OptionRange.Check("s_noise", value, 0, 100); } = 1;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><see cref="Eta"/> is too large for the distance between two noise levels.</exception>
    public void Sample(SamplerRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        Span<float> x = run.X.Span;
        float[] denoised = run.NewBuffer();
        float[] work = run.NewBuffer();
        for (int i = 0; i < run.Steps; i++)
        {
            float sigma = run.Sigmas[i];
            float next = run.Sigmas[i + 1];
            RectifiedFlowStep step = new RectifiedFlowStep(sigma, next, Eta).AboveZero(sigma, next, Eta);
            run.EvaluateStep(i, x, sigma, denoised);
            if (step.Down == 0)
            {
                denoised.CopyTo(x);
                continue;
            }

            Dpm2Sampler.MidpointStep(run, x, sigma, step.Down, denoised, work);
            if (Eta > 0)
            {
                run.NextNoise(work, sigma, next);
                Blend.Set(x, step.Keep, x, NoiseScale * step.Renoise, work);
            }
        }
    }
}
