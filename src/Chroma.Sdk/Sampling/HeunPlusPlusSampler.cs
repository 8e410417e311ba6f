namespace Chroma.Sampling;

/// <summary>
/// Heun++ 2, <c>heunpp2</c>: slopes of up to three noise levels ahead, weighted by how large those levels still are. After
/// Carzit's sd-webui-samplers-scheduler, as ComfyUI carries it. Three evaluations per step, fewer in the last two.
/// </summary>
public sealed class HeunPlusPlusSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "heunpp2";

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
        float[] ahead = run.NewBuffer();
        float[] slope = run.NewBuffer();
        float[] slope2 = run.NewBuffer();
        for (int i = 0; i < run.Steps; i++)
        {
            double sigma = Churn.Apply(run, i, x, denoised);
            float next = run.Sigmas[i + 1];
            run.Evaluate(x, (float)sigma, denoised);
            run.Report(i, run.Sigmas[i], x, denoised);
            int left = run.Steps - i;
            if (left == 1)
            {
                Blend.StepToward(x, x, denoised, sigma, next);
                continue;
            }

            Blend.Derivative(x, denoised, sigma, slope);
            Blend.StepToward(ahead, x, denoised, sigma, next);
            run.Evaluate(ahead, next, denoised);
            Blend.Derivative(ahead, denoised, next, slope2);
            double width = next - sigma;
            if (left == 2)
            {
                double weight2 = next / (2.0 * run.Sigmas[0]);
                Blend.Add(x, width * (1 - weight2), slope);
                Blend.Add(x, width * weight2, slope2);
            }
            else
            {
                float third = run.Sigmas[i + 2];
                double weight2 = next / (3.0 * run.Sigmas[0]);
                double weight3 = third / (3.0 * run.Sigmas[0]);
                Blend.Add(ahead, third - next, slope2);
                run.Evaluate(ahead, third, denoised);
                Blend.Add(x, width * (1 - weight2 - weight3), slope);
                Blend.Add(x, width * weight2, slope2);
                Blend.Derivative(ahead, denoised, third, slope);
                Blend.Add(x, width * weight3, slope);
            }
        }
    }
}
