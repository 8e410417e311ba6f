namespace Chroma.Tokenization;

/// <summary>A prompt as token ids, closed by the end token and without padding.</summary>
public sealed class TokenizedPrompt
{
    private readonly int[] _ids;

    internal TokenizedPrompt(int[] ids, int untruncatedLength)
    {
        _ids = ids;
        UntruncatedLength = untruncatedLength;
    }

    /// <summary>The ids; the last one is the end token.</summary>
    public ReadOnlySpan<int> Ids => _ids;

    /// <summary>The number of tokens, the end token included: the n of the transformer's n + 1 text tokens.</summary>
    public int Length => _ids.Length;

    /// <summary>The number of tokens that the whole prompt has, the end token included.</summary>
    public int UntruncatedLength { get; }

    /// <summary>Whether the prompt was too long, so that its tail is not in <see cref="Ids"/>.</summary>
    public bool IsTruncated => UntruncatedLength > Length;
}
