namespace Chroma.Sampling;

/// <summary>
/// Gradient estimation, <c>gradient_estimation</c>: Euler steps along a slope extrapolated from the last two. Permenter and Yuan 2024
/// (openreview o2ND9v0CeK), after ComfyUI. One evaluation per step.
/// </summary>
public sealed class GradientEstimationSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "gradient_estimation";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Options => OptionTexts.Of(("ge_gamma", Gamma, 2));

    /// <summary>How far to extrapolate: 1 is plain Euler, 2 the paper's choice. 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double Gamma { get; init => field = OptionRange.Check("ge_gamma", value, 0, 100); } = 2;

    /// <inheritdoc/>
    public void Sample(SamplerRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        Span<float> x = run.X.Span;
        float[] denoised = run.NewBuffer();
        History slopes = new(2, x.Length);
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

            double width = (double)next - sigma;
            float[] slope = slopes.Push();
            Blend.Derivative(x, denoised, sigma, slope);
            if (i == 0)
            {
                Blend.Add(x, width, slope);
            }
            else
            {
                Blend.Add(x, width * Gamma, slope);
                Blend.Add(x, width * (1 - Gamma), slopes[1]);
            }
        }
    }
}
