using System.Numerics.Tensors;

namespace Chroma.Sampling;

/// <summary>
/// The sampler of latent consistency models, <c>lcm</c>: take the model's clean guess, put fresh noise on it, repeat. Luo et al. 2023
/// (arXiv:2310.04378), after ComfyUI. On a flow model it is also diffusers' FlowMatchEuler with stochastic sampling.
/// </summary>
public sealed class LcmSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "lcm";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Options => OptionTexts.Of(("s_noise", NoiseScale, 1), ("s_noise_end", NoiseScaleEnd ?? NoiseScale, NoiseScale), ("noise_clip_std", NoiseClip, 0));

    /// <summary>A factor on the noise of the first step, 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double NoiseScale { get; init => field = OptionRange.Check("s_noise", value, 0, 100); } = 1;

    /// <summary>The factor on the noise of the last step, 0 to 100; steps between are interpolated. By default the same as the first.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double? NoiseScaleEnd
    {
        get;
        init => field = value is { } scale ? OptionRange.Check("s_noise_end", scale, 0, 100) : null;
    }

    /// <summary>Noise is cut off at this many of its standard deviations; 0 leaves it alone. 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double NoiseClip { get; init => field = OptionRange.Check("noise_clip_std", value, 0, 100); }

    /// <inheritdoc/>
    public void Sample(SamplerRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        Span<float> x = run.X.Span;
        float[] denoised = run.NewBuffer();
        float[] noise = run.NewBuffer();
        for (int i = 0; i < run.Steps; i++)
        {
            float next = run.Sigmas[i + 1];
            run.EvaluateStep(i, x, run.Sigmas[i], denoised);
            if (next == 0)
            {
                denoised.CopyTo(x);
                continue;
            }

            run.NextNoise(noise, run.Sigmas[i], next);
            if (NoiseClip > 0)
            {
                float limit = (float)(NoiseClip * StandardDeviation(noise));
                TensorPrimitives.Clamp(noise, -limit, limit, noise);
            }

            double progress = run.Steps > 1 ? (double)i / (run.Steps - 1) : 0;
            double scale = NoiseScale + (((NoiseScaleEnd ?? NoiseScale) - NoiseScale) * progress);
            TensorPrimitives.Multiply(noise, (float)scale, noise);
            Guidance.AddNoise(denoised, noise, next, x);
        }
    }

    /// <summary>The unbiased estimate that PyTorch's <c>std()</c> gives.</summary>
    private static double StandardDeviation(ReadOnlySpan<float> values)
    {
        double mean = 0;
        foreach (float value in values)
        {
            mean += value;
        }

        mean /= values.Length;
        double sum = 0;
        foreach (float value in values)
        {
            sum += (value - mean) * (value - mean);
        }

        return Math.Sqrt(sum / (values.Length - 1));
    }
}
