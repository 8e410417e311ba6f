namespace Chroma.Sampling;

/// <summary>
/// Where ancestral and SDE samplers take fresh noise from, one request after the other.
/// The two noise levels let a source build correlated noise (a Brownian path); most sources ignore them.
/// </summary>
public interface ISamplerNoise
{
    /// <summary>Writes the next standard normal noise: mean 0, variance 1.</summary>
    /// <param name="destination">As long as the latent; every element is written.</param>
    /// <param name="sigma">The noise level that the sampler comes from.</param>
    /// <param name="sigmaNext">The noise level that it goes to.</param>
    void Fill(Span<float> destination, float sigma, float sigmaNext);
}
