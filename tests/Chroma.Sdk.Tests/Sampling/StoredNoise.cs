using Chroma.Sampling;

namespace Chroma.Sdk.Tests.Sampling;

/// <summary>Gives stored noises in order, and remembers between which noise levels each was asked for.</summary>
internal sealed class StoredNoise(float[] noises) : ISamplerNoise
{
    private int _next;

    /// <summary>Pairs of sigma and next sigma, one after the other.</summary>
    public List<float> Calls { get; } = [];

    public void Fill(Span<float> destination, float sigma, float sigmaNext)
    {
        Calls.Add(sigma);
        Calls.Add(sigmaNext);
        noises.AsSpan(_next, destination.Length).CopyTo(destination);
        _next += destination.Length;
    }
}
