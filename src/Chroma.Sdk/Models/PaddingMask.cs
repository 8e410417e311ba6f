using Chroma.Interop;

namespace Chroma.Models;

/// <summary>
/// Which text tokens the transformer sees (<c>generate_t5_padding_mask</c> in the training code): a prompt's tokens and the first padding token
/// behind them.
/// </summary>
public static unsafe class PaddingMask
{
    /// <summary>Makes the transformer's mask from the tokenizer's.</summary>
    /// <param name="attentionMask">[B, T], true for a prompt's tokens (the end token counts), false for padding.</param>
    /// <param name="paddingTokens">How many padding tokens stay; Chroma was trained with 1.</param>
    /// <returns>[B, T], true for the tokens that the transformer sees.</returns>
    /// <exception cref="ArgumentException">The mask is empty, or the number is negative.</exception>
    public static bool[,] Generate(bool[,] attentionMask, int paddingTokens = 1)
    {
        ArgumentNullException.ThrowIfNull(attentionMask);
        ArgumentOutOfRangeException.ThrowIfNegative(paddingTokens);
        int batch = attentionMask.GetLength(0), tokens = attentionMask.GetLength(1);
        if (attentionMask.Length == 0)
        {
            throw new ArgumentException($"The mask must have at least one token, but is [{batch}, {tokens}].", nameof(attentionMask));
        }

        bool[,] keep = new bool[batch, tokens];
        fixed (byte* pMask = BatchMask.Bytes(attentionMask))
        fixed (bool* pKeep = &keep[0, 0])
        {
            ChromaNative.chroma_text_padding_mask(pMask, batch, tokens, paddingTokens, (byte*)pKeep).ThrowIfFailed();
        }

        return keep;
    }
}
