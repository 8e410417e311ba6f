using Chroma.Interop;

namespace Chroma.Models;

/// <summary>What an autoencoder is, as found in its file.</summary>
public sealed record AutoencoderInfo
{
    /// <summary>Channels of the latent; 16 in FLUX's.</summary>
    public required int LatentChannels { get; init; }

    /// <summary>Picture pixels on the side of a latent pixel; 8 in FLUX's.</summary>
    public required int Downscale { get; init; }

    /// <summary>Whether the file has the half that encodes.</summary>
    public required bool HasEncoder { get; init; }

    /// <summary>Whether the file has the half that decodes.</summary>
    public required bool HasDecoder { get; init; }

    /// <summary>0.3611 in FLUX's: the decoder takes latent / <see cref="ScaleFactor"/> + <see cref="ShiftFactor"/>.</summary>
    public required float ScaleFactor { get; init; }

    /// <summary>0.1159 in FLUX's: the decoder takes latent / <see cref="ScaleFactor"/> + <see cref="ShiftFactor"/>.</summary>
    public required float ShiftFactor { get; init; }

    /// <summary>Elements of all weights.</summary>
    public required long ParameterCount { get; init; }

    internal static AutoencoderInfo From(in chroma_autoencoder_info info) => new()
    {
        LatentChannels = info.latent_channels,
        Downscale = info.downscale,
        HasEncoder = info.has_encoder != 0,
        HasDecoder = info.has_decoder != 0,
        ScaleFactor = info.scale_factor,
        ShiftFactor = info.shift_factor,
        ParameterCount = info.parameter_count,
    };
}
