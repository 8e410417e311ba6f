using Chroma.Tensors;

namespace Chroma.Models;

/// <summary>What the autoencoder makes of a picture: a normal distribution for each latent value, [B, 16, H / 8, W / 8].</summary>
/// <param name="Mean">The means, which serve as the latent itself.</param>
/// <param name="LogVariance">The natural logarithms of the variances.</param>
public sealed record LatentDistribution(FloatTensor Mean, FloatTensor LogVariance);
