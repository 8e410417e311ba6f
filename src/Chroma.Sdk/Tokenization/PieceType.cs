namespace Chroma.Tokenization;

/// <summary>
/// What a vocabulary piece is for. The numbers are those of SentencePiece's model file, which GGUF's
/// <c>tokenizer.ggml.token_type</c> uses as well.
/// </summary>
public enum PieceType
{
    /// <summary>Not said. Treated as <see cref="Normal"/>.</summary>
    Undefined = 0,

    /// <summary>A piece of text that the Unigram model may choose.</summary>
    Normal = 1,

    /// <summary>The piece that stands for text which no other piece covers.</summary>
    Unknown = 2,

    /// <summary>A mark such as <c>&lt;/s&gt;</c> or <c>&lt;pad&gt;</c>.</summary>
    Control = 3,

    /// <summary>A token added by hand: it is cut out of the text before the Unigram model sees it.</summary>
    UserDefined = 4,

    /// <summary>A place in the table that no text reaches.</summary>
    Unused = 5,

    /// <summary>One byte of UTF-8, written <c>&lt;0x0A&gt;</c>: what unknown text falls back to.</summary>
    Byte = 6,
}
