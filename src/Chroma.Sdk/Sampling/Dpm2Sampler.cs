namespace Chroma.Sampling;

/// <summary>
/// A midpoint method inspired by DPM-Solver-2, <c>dpm_2</c>: the slope halfway in log sigma carries the whole step; two
/// evaluations per step, second order. k-diffusion, after Karras et al. 2022 (arXiv:2206.00364) and Lu et al. 2022 (arXiv:2206.00927).
/// </summary>
public sealed class Dpm2Sampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "dpm_2";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Options => Churn.Options;

    /// <summary>Noise added before each step; none by default.</summary>
    public Churn Churn { get; init => field = value ?? throw new ArgumentNullException(nameof(value)); } = Churn.None;

    /// <inheritdoc/>
    public void Sample(SamplerRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        Span<float> x = run.X.Span;
        float[] denoised = run.NewBuffer();
        float[] middle = run.NewBuffer();
        for (int i = 0; i < run.Steps; i++)
        {
            double sigma = Churn.Apply(run, i, x, denoised);
            float next = run.Sigmas[i + 1];
            run.Evaluate(x, (float)sigma, denoised);
            run.Report(i, run.Sigmas[i], x, denoised);
            if (next == 0)
            {
                denoised.CopyTo(x);
                continue;
            }

            MidpointStep(run, x, sigma, next, denoised, middle);
        }
    }

    /// <summary>Moves x from sigma to target by the slope at their geometric mean.</summary>
    /// <param name="run">Whose model to ask.</param>
    /// <param name="x">The latent, changed in place.</param>
    /// <param name="sigma">Its noise level.</param>
    /// <param name="target">The noise level to reach, above 0.</param>
    /// <param name="denoised">The model's answer at x; overwritten.</param>
    /// <param name="middle">A work buffer.</param>
    internal static void MidpointStep(
        SamplerRun run, Span<float> x, double sigma, double target, float[] denoised, float[] middle)
    {
        double sigmaMiddle = Math.Sqrt(sigma * target);
        Blend.StepToward(middle, x, denoised, sigma, sigmaMiddle);
        run.Evaluate(middle, (float)sigmaMiddle, denoised);
        Blend.Derivative(middle, denoised, sigmaMiddle, middle);
        Blend.Add(x, target - sigma, middle);
    }
}
