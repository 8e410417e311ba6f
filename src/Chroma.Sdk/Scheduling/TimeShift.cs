namespace Chroma.Scheduling;

/// <summary>
/// Shifts of a flow model's time, after Esser et al., "Scaling rectified flow transformers for high-resolution image synthesis", 2024.
/// </summary>
public static class TimeShift
{
    /// <summary>The mu that FLUX's and diffusers' pipelines give a picture: linear, 0.5 at 256 tokens and 1.15 at 4096.</summary>
    /// <param name="imageTokens">The number of image tokens (width / 16 times height / 16), at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is less than 1.</exception>
    public static double MuOfImageTokens(int imageTokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(imageTokens, 1);
        const double slope = (1.15 - 0.5) / (4096 - 256);
        const double start = 0.5 - (slope * 256);
        return (imageTokens * slope) + start;
    }

    /// <summary>The exponential shift of FLUX: e^mu / (e^mu + 1/t - 1).</summary>
    /// <param name="time">A time of (0, 1].</param>
    /// <param name="mu">How far; 0 leaves the time as it is.</param>
    public static double Exponential(double time, double mu) => Math.Exp(mu) / (Math.Exp(mu) + ((1 / time) - 1));

    /// <summary>The static shift of Stable Diffusion 3: shift t / (1 + (shift - 1) t).</summary>
    /// <param name="time">A time of [0, 1].</param>
    /// <param name="shift">How far, above 0; 1 leaves the time as it is.</param>
    public static double Static(double time, double shift) => shift * time / (1 + ((shift - 1) * time));

    /// <summary>The exponential shift in float32, operation by operation as PyTorch does it: one over, then times.</summary>
    internal static float ExponentialSingle(float time, double mu)
    {
        float factor = (float)Math.Exp(mu);
        return Math.Min(1f / (factor + ((1f / time) - 1f)) * factor, 1f);
    }

    /// <summary>The static shift in float32, operation by operation as PyTorch does it.</summary>
    internal static float StaticSingle(float time, double shift) =>
        shift == 1 ? time : Math.Min((float)shift * time / (1f + ((float)(shift - 1) * time)), 1f);
}
