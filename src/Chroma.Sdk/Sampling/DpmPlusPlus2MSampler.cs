namespace Chroma.Sampling;

/// <summary>
/// DPM-Solver++(2M), <c>dpmpp_2m</c>: one evaluation per step, second order by extrapolating from the last answer. Lu et al. 2022
/// (arXiv:2211.01095); as in k-diffusion its time is -ln sigma, for flow models too.
/// </summary>
public sealed class DpmPlusPlus2MSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "dpmpp_2m";

    /// <inheritdoc/>
    public void Sample(SamplerRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        Span<float> x = run.X.Span;
        float[] guess = run.NewBuffer();
        History answers = new(2, x.Length);
        for (int i = 0; i < run.Steps; i++)
        {
            double sigma = run.Sigmas[i];
            double next = run.Sigmas[i + 1];
            float[] denoised = answers.Push();
            run.EvaluateStep(i, x, run.Sigmas[i], denoised);
            if (i == 0 || next == 0)
            {
                Blend.StepToward(x, x, denoised, sigma, next);
                continue;
            }

            double h = Math.Log(sigma / next);
            double hLast = Math.Log(run.Sigmas[i - 1] / sigma);
            double weight = h / (2 * hLast);
            Blend.Set(guess, 1 + weight, denoised, -weight, answers[1]);
            Blend.StepToward(x, x, guess, sigma, next);
        }
    }
}
