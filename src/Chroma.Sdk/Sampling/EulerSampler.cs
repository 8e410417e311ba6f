namespace Chroma.Sampling;

/// <summary>
/// Euler's method, <c>euler</c> (also <c>ddim</c>): one model evaluation per step, first order. Karras et al. 2022
/// (arXiv:2206.00364, algorithm 2 without the correction).
/// </summary>
public sealed class EulerSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "euler";

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
        for (int i = 0; i < run.Steps; i++)
        {
            double sigma = Churn.Apply(run, i, x, denoised);
            run.Evaluate(x, (float)sigma, denoised);
            run.Report(i, run.Sigmas[i], x, denoised);
            Blend.StepToward(x, x, denoised, sigma, run.Sigmas[i + 1]);
        }
    }
}
