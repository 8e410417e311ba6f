using Chroma.Tensors;

namespace Chroma.Noise;

/// <summary>
/// A stream of standard normal numbers (mean 0, variance 1) that a seed determines. Each draw continues where the last one ended: the
/// first gives the initial latent, later ones what ancestral and SDE samplers add. An instance belongs to one thread at a time.
/// </summary>
public interface INoiseGenerator
{
    /// <summary>Draws as many numbers as the span has elements.</summary>
    /// <param name="destination">Receives the numbers; every element is written.</param>
    void Fill(Span<float> destination);

    /// <summary>What pictures state as their noise: a name of <see cref="NoiseGenerators"/>, else the type's unless a generator says otherwise.</summary>
    string Name => GetType().Name;
}

/// <summary>What every noise generator can do on top of <see cref="INoiseGenerator.Fill"/>.</summary>
public static class NoiseGeneratorExtensions
{
    /// <summary>Draws a tensor, as <c>torch.randn(shape)</c> does.</summary>
    /// <param name="generator">The stream to draw from.</param>
    /// <param name="shape">The length of each axis; an image's latent is [1, 16, height / 8, width / 8].</param>
    /// <exception cref="ArgumentOutOfRangeException">An axis is negative, or the elements do not fit an array.</exception>
    public static FloatTensor Draw(this INoiseGenerator generator, params ReadOnlySpan<int> shape)
    {
        ArgumentNullException.ThrowIfNull(generator);
        FloatTensor noise = new(shape);
        generator.Fill(noise.Span);
        return noise;
    }
}
