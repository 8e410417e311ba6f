using Chroma.Interop;

namespace Chroma.Models;

/// <summary>The sizes of a T5 encoder, all found in its weights. Those of T5 v1.1 XXL stand behind each.</summary>
public sealed record TextEncoderInfo
{
    /// <summary>Token ids that it knows; 32128.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Channels of a state, d_model; 4096. The transformer's <see cref="TransformerInfo.ContextSize"/> must be the same.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Attention heads; 64.</summary>
    public required int Heads { get; init; }

    /// <summary>Channels of a head; 64.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Channels inside the feed-forward layers; 10240.</summary>
    public required int FeedForwardSize { get; init; }

    /// <summary>Blocks; 24.</summary>
    public required int Layers { get; init; }

    /// <summary>Buckets of relative positions; 32.</summary>
    public required int RelativeBuckets { get; init; }

    /// <summary>Elements of all weights; 4.8 billion.</summary>
    public required long ParameterCount { get; init; }

    internal static TextEncoderInfo From(in chroma_text_encoder_info info) => new()
    {
        VocabularySize = info.vocabulary_size,
        HiddenSize = info.hidden_size,
        Heads = info.heads,
        HeadSize = info.head_size,
        FeedForwardSize = info.feed_forward_size,
        Layers = info.layers,
        RelativeBuckets = info.relative_buckets,
        ParameterCount = info.parameter_count,
    };
}
