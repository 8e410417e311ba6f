namespace Chroma.Models;

/// <summary>Whether large pictures go through the autoencoder in overlapping tiles, which takes less memory.</summary>
/// <param name="Tile">Latent pixels on the side of a tile; 0 lets the library choose, -1 never tiles.</param>
/// <param name="Overlap">Latent pixels that neighbouring tiles share; 0 lets the library choose.</param>
public readonly record struct Tiling(int Tile, int Overlap = 0)
{
    /// <summary>Tiles where a picture is large, so that memory stays bounded. The default.</summary>
    public static Tiling Automatic => default;

    /// <summary>The whole picture at once.</summary>
    public static Tiling Never { get; } = new(-1);

    internal void Check()
    {
        if (Tile < -1 || Overlap < 0 || (Tile > 0 && Overlap >= Tile))
        {
            throw new ArgumentException($"A tile must be -1 (never), 0 (chosen) or larger than its overlap from 0, but the tiling is {Tile}, {Overlap}.", "tiling");
        }
    }
}
