namespace Chroma.Sampling;

/// <summary>
/// The linear multistep method, <c>lms</c>: a polynomial through the last slopes, integrated over the step (Adams and Bashforth on
/// uneven steps). After k-diffusion, Karras et al. 2022 (arXiv:2206.00364). One evaluation per step.
/// </summary>
public sealed class LmsSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "lms";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Options => OptionTexts.Of(("order", Order, 4));

    /// <summary>How many slopes to use, 1 (Euler) to 12.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public int Order { get; init => field = OptionRange.Check("order", value, 1, 12); } = 4;

    /// <inheritdoc/>
    public void Sample(SamplerRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        Span<float> x = run.X.Span;
        float[] denoised = run.NewBuffer();
        History slopes = new(Order, x.Length);
        for (int i = 0; i < run.Steps; i++)
        {
            float sigma = run.Sigmas[i];
            float next = run.Sigmas[i + 1];
            run.EvaluateStep(i, x, sigma, denoised);
            Blend.Derivative(x, denoised, sigma, slopes.Push());
            if (next == 0)
            {
                denoised.CopyTo(x);
                continue;
            }

            double[] weights = AdamsBashforth.Weights(run.Sigmas, i, slopes.Count);
            for (int age = 0; age < weights.Length; age++)
            {
                Blend.Add(x, weights[age], slopes[age]);
            }
        }
    }
}
