using System.Numerics.Tensors;

namespace Chroma.Sampling;

/// <summary>
/// Classifier-free guidance and the small formulas of a rectified flow, on flat spans of equal length.
/// A flow mixes a clean latent and noise as x = (1 - sigma) · latent + sigma · noise, and its model gives the velocity noise - latent.
/// </summary>
public static class Guidance
{
    /// <summary>
    /// Classifier-free guidance (Ho and Salimans 2022, arXiv:2207.12598): u + scale · (c - u). It may be applied to velocities or to
    /// denoised latents; the result is the same.
    /// </summary>
    /// <param name="unconditional">The model's answer to the negative prompt, u.</param>
    /// <param name="conditional">The model's answer to the prompt, c.</param>
    /// <param name="scale">1 is c itself, 0 is u, above 1 exaggerates the prompt.</param>
    /// <param name="destination">Where the result goes; may be one of the inputs.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Combine(
        ReadOnlySpan<float> unconditional, ReadOnlySpan<float> conditional, float scale, Span<float> destination)
    {
        CheckLengths(unconditional.Length, conditional.Length, destination.Length);
        TensorPrimitives.Lerp(unconditional, conditional, scale, destination);
    }

    /// <summary>The clean latent that a velocity points to: x - sigma · velocity.</summary>
    /// <param name="x">The noisy latent.</param>
    /// <param name="velocity">The model's velocity at <paramref name="x"/>.</param>
    /// <param name="sigma">The noise level of <paramref name="x"/>.</param>
    /// <param name="denoised">Where the result goes; may be one of the inputs.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void VelocityToDenoised(
        ReadOnlySpan<float> x, ReadOnlySpan<float> velocity, float sigma, Span<float> denoised)
    {
        CheckLengths(x.Length, velocity.Length, denoised.Length);
        TensorPrimitives.MultiplyAdd(velocity, -sigma, x, denoised);
    }

    /// <summary>Puts noise on a clean latent: (1 - sigma) · latent + sigma · noise. The start of image-to-image.</summary>
    /// <param name="latent">The clean latent.</param>
    /// <param name="noise">Standard normal noise.</param>
    /// <param name="sigma">The noise level to reach, 0 to 1.</param>
    /// <param name="destination">Where the result goes; may be one of the inputs.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void AddNoise(
        ReadOnlySpan<float> latent, ReadOnlySpan<float> noise, float sigma, Span<float> destination)
    {
        CheckLengths(latent.Length, noise.Length, destination.Length);
        TensorPrimitives.Lerp(latent, noise, sigma, destination);
    }

    private static void CheckLengths(int first, int second, int destination)
    {
        if (first != second || first != destination)
        {
            throw new ArgumentException(
                $"The spans must have the same length, but have {first}, {second} and {destination} elements.");
        }
    }
}
