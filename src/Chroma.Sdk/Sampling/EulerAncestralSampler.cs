namespace Chroma.Sampling;

/// <summary>
/// Euler steps that go further down than asked and put fresh noise back, <c>euler_ancestral</c>, in the rectified-flow form of ComfyUI.
/// </summary>
public sealed class EulerAncestralSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "euler_ancestral";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Options => OptionTexts.Of(("eta", Eta, 1), ("s_noise", NoiseScale, 1));

    /// <summary>How much noise is renewed in each step: 0 none (plain Euler), 1 the full ancestral amount. 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double Eta { get; init => field = OptionRange.Check("eta", value, 0, 100); } = 1;

    /// <summary>A factor on the noise, 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double NoiseScale { get; init => field = OptionRange.Check("s_noise", value, 0, 100); } = 1;

    /// <inheritdoc/>
    public void Sample(SamplerRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        Span<float> x = run.X.Span;
        float[] denoised = run.NewBuffer();
        for (int i = 0; i < run.Steps; i++)
        {
            float sigma = run.Sigmas[i];
            float next = run.Sigmas[i + 1];
            run.EvaluateStep(i, x, sigma, denoised);
            if (next == 0)
            {
                denoised.CopyTo(x);
                continue;
            }

            RectifiedFlowStep step = new(sigma, next, Eta);
            Blend.StepToward(x, x, denoised, sigma, step.Down);
            if (Eta > 0)
            {
                float[] noise = denoised;
                run.NextNoise(noise, sigma, next);
                Blend.Set(x, step.Keep, x, NoiseScale * step.Renoise, noise);
            }
        }
    }
}
