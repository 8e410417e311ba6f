namespace Chroma.Sampling;

/// <summary>
/// DPM-Solver++(2S) with ancestral noise, <c>dpmpp_2s_ancestral</c>: the model's answer at the midpoint of the half log SNR
/// carries the step. Lu et al. 2022 (arXiv:2211.01095), in the rectified-flow form of ComfyUI. Two evaluations per step.
/// </summary>
public sealed class DpmPlusPlus2SAncestralSampler : ISampler
{
    /// <summary>Where the midpoint lies when the step starts from pure noise, whose half log SNR is minus infinity.</summary>
    private const double MidpointFromPureNoise = 0.9999;

    /// <inheritdoc/>
    public string Name => "dpmpp_2s_ancestral";

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
            if (next == 0)
            {
                denoised.CopyTo(x);
                continue;
            }

            double middle = sigma >= 1
                ? MidpointFromPureNoise
                : FlowMath.Sigma((FlowMath.HalfLogSnr(sigma) + FlowMath.HalfLogSnr(step.Down)) / 2);
            Blend.StepToward(work, x, denoised, sigma, middle);
            run.Evaluate(work, (float)middle, denoised);
            Blend.StepToward(x, x, denoised, sigma, step.Down);
            if (Eta > 0)
            {
                run.NextNoise(work, sigma, next);
                Blend.Set(x, step.Keep, x, NoiseScale * step.Renoise, work);
            }
        }
    }
}
