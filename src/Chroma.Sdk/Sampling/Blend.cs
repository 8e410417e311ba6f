using System.Numerics.Tensors;

namespace Chroma.Sampling;

/// <summary>
/// The vector arithmetic of samplers. Factors are computed in double and rounded once, latents are float32.
/// </summary>
internal static class Blend
{
    /// <summary>destination = a · x + b · y; destination may be x.</summary>
    public static void Set(Span<float> destination, double a, ReadOnlySpan<float> x, double b, ReadOnlySpan<float> y)
    {
        TensorPrimitives.Multiply(x, (float)a, destination);
        TensorPrimitives.MultiplyAdd(y, (float)b, destination, destination);
    }

    /// <summary>destination += a · x.</summary>
    public static void Add(Span<float> destination, double a, ReadOnlySpan<float> x) =>
        TensorPrimitives.MultiplyAdd(x, (float)a, destination, destination);

    /// <summary>
    /// The Euler step from sigma to target in the form ratio · x + (1 - ratio) · denoised with ratio = target / sigma: at
    /// target 0 it gives the denoised latent itself. The destination may be x.
    /// </summary>
    public static void StepToward(
        Span<float> destination, ReadOnlySpan<float> x, ReadOnlySpan<float> denoised, double sigma, double target) =>
        Set(destination, target / sigma, x, 1 - (target / sigma), denoised);

    /// <summary>derivative = (x - denoised) / sigma: dx/dsigma of the probability flow, for a flow model its velocity.</summary>
    public static void Derivative(ReadOnlySpan<float> x, ReadOnlySpan<float> denoised, double sigma, Span<float> derivative)
    {
        TensorPrimitives.Subtract(x, denoised, derivative);
        TensorPrimitives.Divide(derivative, (float)sigma, derivative);
    }
}
