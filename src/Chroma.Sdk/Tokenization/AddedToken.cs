namespace Chroma.Tokenization;

/// <summary>
/// A token that is cut out of the text before anything else happens to it, as <c>added_tokens</c> of a
/// Hugging Face <c>tokenizer.json</c> lists them: <c>&lt;/s&gt;</c>, <c>&lt;pad&gt;</c>, <c>&lt;extra_id_0&gt;</c>.
/// </summary>
/// <param name="Content">The text that stands for the token; not empty.</param>
/// <param name="Id">The id that it becomes.</param>
public sealed record AddedToken(string Content, int Id)
{
    /// <summary>Only matches where no letter or digit stands next to it.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Swallows white space on its left.</summary>
    public bool StripLeft { get; init; }

    /// <summary>Swallows white space on its right.</summary>
    public bool StripRight { get; init; }

    /// <summary>Is looked for in the normalized text rather than in the text as typed.</summary>
    public bool Normalized { get; init; }

    /// <summary>Carries no text of its own, so that decoding leaves it out.</summary>
    public bool Special { get; init; } = true;
}
