namespace Chroma.Sampling;

/// <summary>
/// The model as a sampler sees it: from a noisy latent, its guess of the clean one.
/// For a flow model that gives a velocity v, denoised = x - sigma · v; <see cref="Guidance"/> has that formula.
/// </summary>
/// <param name="x">The noisy latent, any shape, flattened; only read.</param>
/// <param name="sigma">The noise level of <paramref name="x"/>, from 1 (pure noise) to 0 (clean).</param>
/// <param name="denoised">Where the guess goes; as long as <paramref name="x"/> and never overlapping it.</param>
public delegate void Denoiser(ReadOnlySpan<float> x, float sigma, Span<float> denoised);
