namespace Chroma.Sampling;

/// <summary>
/// The posterior step of DDPM, <c>ddpm</c>: one evaluation and one noise per step. Ho et al. 2020 (arXiv:2006.11239, algorithm 2), on
/// the latent scaled to unit variance as ComfyUI does it: x / sqrt(1 + sigma²), for flow models too.
/// </summary>
public sealed class DdpmSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "ddpm";

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

            // The mean of DDPM's posterior, brought back to x's own scale, is an Euler step to next² / sigma.
            double variance = (double)sigma * sigma;
            double varianceNext = (double)next * next;
            Blend.StepToward(x, x, denoised, variance, varianceNext);
            float[] noise = denoised;
            run.NextNoise(noise, sigma, next);
            Blend.Add(x, Math.Sqrt(varianceNext * (variance - varianceNext) / variance), noise);
        }
    }
}
