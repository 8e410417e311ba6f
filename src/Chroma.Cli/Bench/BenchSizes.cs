namespace Chroma.Cli.Bench;

/// <summary>
/// The widths and depths of the networks that are measured. Everything follows from the transformer's width: with 3072 channels all widths are
/// Chroma1's, T5 v1.1 XXL's and FLUX's autoencoder's.
/// </summary>
/// <param name="Hidden">Channels of the transformer, a multiple of <see cref="HiddenStep"/>.</param>
/// <param name="DoubleBlocks">Double stream blocks; 19 in Chroma1.</param>
/// <param name="SingleBlocks">Single stream blocks; 38 in Chroma1.</param>
/// <param name="T5Layers">Blocks of the text encoder; 24 in XXL.</param>
internal sealed record BenchSizes(int Hidden, int DoubleBlocks, int SingleBlocks, int T5Layers)
{
    public const int ChromaHidden = 3072;

    /// <summary>The width must be a multiple of this, for whole heads and whole blocks of quantised weights everywhere.</summary>
    public const int HiddenStep = 768;

    /// <summary>Channels of an attention head.</summary>
    public const int HeadSize = 128;

    /// <summary>Channels of a patch of the latent: 2 x 2 pixels of 16.</summary>
    public const int TokenChannels = 64;

    /// <summary>Input channels of the Approximator.</summary>
    public const int ApproximatorInputs = 64;

    /// <summary>Layers of the Approximator.</summary>
    public const int ApproximatorLayers = 5;

    public const int T5HeadSize = 64;
    public const int T5Buckets = 32;
    public const int T5Vocabulary = 32128;

    public int Mlp => 4 * Hidden;

    public int Approximator => Hidden / 3 * 5;

    /// <summary>Channels of the text encoder's states.</summary>
    public int Context => Hidden / 3 * 4;

    public int T5FeedForward => Hidden / 3 * 10;

    /// <summary>Channels of the autoencoder's last level; GroupNorm wants a multiple of 32.</summary>
    public int AutoencoderChannels => Math.Max(32, Hidden / 24 / 32 * 32);
}
