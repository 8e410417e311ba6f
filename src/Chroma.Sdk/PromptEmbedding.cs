using System.Numerics.Tensors;
using Chroma.Tensors;

namespace Chroma;

/// <summary>A prompt as the transformer sees it: T5's states of its tokens and of the padding token that is kept.</summary>
public sealed class PromptEmbedding
{
    internal PromptEmbedding(string text, FloatTensor states, int tokenCount, int untruncatedTokenCount)
    {
        Text = text;
        States = states;
        TokenCount = tokenCount;
        UntruncatedTokenCount = untruncatedTokenCount;
    }

    /// <summary>Wraps states that come from elsewhere.</summary>
    /// <param name="states">[1, L, C]: every token in it is seen by the transformer; C is its context size.</param>
    /// <exception cref="ArgumentException">The tensor has another shape, or a value that is not finite.</exception>
    public PromptEmbedding(FloatTensor states)
    {
        ArgumentNullException.ThrowIfNull(states);
        if (states.Rank != 3 || states.Shape[0] != 1 || states.Shape[1] < 1)
        {
            throw new ArgumentException($"The states must have the shape [1, L, C] with at least one token, but have {states}.", nameof(states));
        }

        if (!TensorPrimitives.IsFiniteAll(states.Span))
        {
            throw new ArgumentException("The states have a value that is not finite.", nameof(states));
        }

        Text = "";
        States = states;
        TokenCount = states.Shape[1];
        UntruncatedTokenCount = TokenCount;
    }

    /// <summary>The prompt; empty for states that came from elsewhere.</summary>
    public string Text { get; }

    /// <summary>[1, L, C]: the states of the tokens that the transformer sees, padding included.</summary>
    public FloatTensor States { get; }

    /// <summary>The prompt's own tokens, the end token included.</summary>
    public int TokenCount { get; }

    /// <summary>The tokens that the whole prompt has, the end token included; <see cref="TokenCount"/> of them are here.</summary>
    public int UntruncatedTokenCount { get; }

    /// <summary>Whether the prompt was longer than <see cref="ChromaPipelineOptions.MaximumTokens"/>, so that its tail is missing.</summary>
    public bool IsTruncated => UntruncatedTokenCount > TokenCount;
}
