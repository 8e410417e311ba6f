namespace Chroma.Sdk.Tests.Sampling;

/// <summary>The model of the stored cases, denoised(x, s) = 0.5 (1 - s) x + A + 0.25 s tanh(x), which remembers how it was called.</summary>
internal sealed class AnalyticDenoiser(float[] offset)
{
    /// <summary>The noise level of every evaluation, in order.</summary>
    public List<float> Sigmas { get; } = [];

    /// <summary>The latents of every evaluation, one after the other.</summary>
    public List<float> Inputs { get; } = [];

    public void Denoise(ReadOnlySpan<float> x, float sigma, Span<float> denoised)
    {
        Sigmas.Add(sigma);
        Inputs.AddRange(x);
        for (int i = 0; i < x.Length; i++)
        {
            denoised[i] = (0.5f * (1 - sigma) * x[i]) + offset[i] + (0.25f * sigma * MathF.Tanh(x[i]));
        }
    }
}
