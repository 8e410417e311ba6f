namespace Chroma.Models;

/// <summary>How many latents there are and how large: the shape [Batch, 16, Height, Width].</summary>
/// <param name="Batch">Latents at once, at least 1.</param>
/// <param name="Height">Latent pixels from top to bottom: an eighth of the picture's, even.</param>
/// <param name="Width">Latent pixels from left to right: an eighth of the picture's, even.</param>
public readonly record struct LatentSize(int Batch, int Height, int Width);
