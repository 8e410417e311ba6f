using Chroma.Interop;

namespace Chroma.Models;

/// <summary>
/// Where the time of one run went. Give one to <see cref="RunOptions.Profile"/>; the run fills it. A run that is profiled may be a little slower
/// than others, because operations of different kinds are computed one after another.
/// </summary>
public sealed class RunProfile
{
    /// <summary>Linear layers: products with weights, their biases, and activations done on the way.</summary>
    public TimeSpan Linear { get; private set; }

    /// <summary>Attention: norms of queries and keys, scores, softmax and weighted values.</summary>
    public TimeSpan Attention { get; private set; }

    /// <summary>Convolutions.</summary>
    public TimeSpan Convolution { get; private set; }

    /// <summary>Other norms, activations, gates and copies.</summary>
    public TimeSpan Other { get; private set; }

    /// <summary>All of it.</summary>
    public TimeSpan Total => Linear + Attention + Convolution + Other;

    internal void Set(in chroma_profile profile)
    {
        Linear = TimeSpan.FromSeconds(profile.linear_seconds);
        Attention = TimeSpan.FromSeconds(profile.attention_seconds);
        Convolution = TimeSpan.FromSeconds(profile.convolution_seconds);
        Other = TimeSpan.FromSeconds(profile.other_seconds);
    }
}
