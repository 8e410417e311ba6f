namespace Chroma.Tokenization;

/// <summary>Several prompts as one rectangle of ids, the short ones filled up with padding on the right.</summary>
public sealed class TokenBatch
{
    private readonly int[] _ids;
    private readonly int[] _mask;
    private readonly TokenizedPrompt[] _prompts;

    internal TokenBatch(TokenizedPrompt[] prompts, int length, int padId)
    {
        _prompts = prompts;
        Length = length;
        _ids = new int[prompts.Length * length];
        _mask = new int[_ids.Length];
        for (int row = 0; row < prompts.Length; row++)
        {
            ReadOnlySpan<int> ids = prompts[row].Ids;
            ids.CopyTo(_ids.AsSpan(row * length));
            _ids.AsSpan((row * length) + ids.Length, length - ids.Length).Fill(padId);
            _mask.AsSpan(row * length, ids.Length).Fill(1);
        }
    }

    /// <summary>The prompts before padding, in order.</summary>
    public IReadOnlyList<TokenizedPrompt> Prompts => _prompts;

    /// <summary>The number of tokens in each row.</summary>
    public int Length { get; }

    /// <summary>The ids, [prompts, <see cref="Length"/>] row by row.</summary>
    public ReadOnlySpan<int> Ids => _ids;

    /// <summary>
    /// 1 for each token of a prompt (its end token included) and 0 for padding, [prompts, <see cref="Length"/>]. It counts
    /// tokens, not ids: a <c>&lt;pad&gt;</c> that the prompt itself spells out is a real token.
    /// </summary>
    public ReadOnlySpan<int> AttentionMask => _mask;
}
