using System.Numerics.Tensors;

namespace Chroma.Sampling;

/// <summary>
/// Heun's method, <c>heun</c>: an Euler step, then the mean of the slopes at both ends; two evaluations per step, second order.
/// Karras et al. 2022 (arXiv:2206.00364, algorithm 2).
/// </summary>
public sealed class HeunSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "heun";

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
        float[] slope = run.NewBuffer();
        float[] ahead = run.NewBuffer();
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

            Blend.Derivative(x, denoised, sigma, slope);
            Blend.StepToward(ahead, x, denoised, sigma, next);
            run.Evaluate(ahead, next, denoised);
            Blend.Derivative(ahead, denoised, next, ahead);
            TensorPrimitives.Add(slope, ahead, slope);
            Blend.Add(x, (next - sigma) / 2, slope);
        }
    }
}
