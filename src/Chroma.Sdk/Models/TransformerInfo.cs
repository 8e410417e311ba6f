using Chroma.Interop;

namespace Chroma.Models;

/// <summary>The sizes of a transformer, all found in its weights.</summary>
public sealed record TransformerInfo
{
    /// <summary>Channels of a token; 3072 in Chroma1.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Attention heads; 24 in Chroma1.</summary>
    public required int Heads { get; init; }

    /// <summary>Channels of a head; 128 in Chroma1.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Double stream blocks; 19 in Chroma1.</summary>
    public required int DoubleBlocks { get; init; }

    /// <summary>Single stream blocks; 38 in Chroma1.</summary>
    public required int SingleBlocks { get; init; }

    /// <summary>Channels inside the MLPs; 12288 in Chroma1.</summary>
    public required int MlpSize { get; init; }

    /// <summary>Channels of the text encoder's states; 4096 in Chroma1.</summary>
    public required int ContextSize { get; init; }

    /// <summary>Channels of the latent; 16 in Chroma1.</summary>
    public required int LatentChannels { get; init; }

    /// <summary>Latent pixels on the side of a token; 2 in Chroma1.</summary>
    public required int PatchSize { get; init; }

    /// <summary>Input channels of the Approximator; 64 in Chroma1.</summary>
    public required int ApproximatorInputs { get; init; }

    /// <summary>Channels inside the Approximator; 5120 in Chroma1.</summary>
    public required int ApproximatorSize { get; init; }

    /// <summary>Layers of the Approximator; 5 in Chroma1.</summary>
    public required int ApproximatorLayers { get; init; }

    /// <summary>Modulation vectors that the Approximator makes; 344 in Chroma1.</summary>
    public required int ModulationRows { get; init; }

    /// <summary>Channels of a head that rotate with each coordinate; 16, 56, 56 in Chroma1.</summary>
    public required RopeAxes RopeAxes { get; init; }

    /// <summary>Elements of all weights; 8.9 billion in Chroma1.</summary>
    public required long ParameterCount { get; init; }

    internal static unsafe TransformerInfo From(in chroma_transformer_info info) => new()
    {
        HiddenSize = info.hidden_size,
        Heads = info.heads,
        HeadSize = info.head_size,
        DoubleBlocks = info.double_blocks,
        SingleBlocks = info.single_blocks,
        MlpSize = info.mlp_size,
        ContextSize = info.context_size,
        LatentChannels = info.latent_channels,
        PatchSize = info.patch_size,
        ApproximatorInputs = info.approximator_inputs,
        ApproximatorSize = info.approximator_size,
        ApproximatorLayers = info.approximator_layers,
        ModulationRows = info.modulation_rows,
        RopeAxes = new RopeAxes(info.rope_axes[0], info.rope_axes[1], info.rope_axes[2]),
        ParameterCount = info.parameter_count,
    };
}
