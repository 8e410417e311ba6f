using System.Globalization;

namespace Chroma.Tokenization;

/// <summary>
/// Everything that a T5 tokenizer needs, wherever it was read from: the pieces of a Unigram model with their scores,
/// the character map of its normalizer, and how white space is treated.
/// </summary>
/// <remarks>
/// From the metadata of a T5 GGUF, as llama.cpp writes it:
/// <list type="table">
/// <item><term><c>tokenizer.ggml.tokens</c></term><description><see cref="Pieces"/></description></item>
/// <item><term><c>tokenizer.ggml.scores</c></term><description><see cref="Scores"/></description></item>
/// <item><term><c>tokenizer.ggml.token_type</c></term><description><see cref="Types"/></description></item>
/// <item><term><c>tokenizer.ggml.precompiled_charsmap</c></term><description><see cref="PrecompiledCharsMap"/></description></item>
/// <item><term><c>tokenizer.ggml.add_space_prefix</c></term><description><see cref="AddSpacePrefix"/></description></item>
/// <item><term><c>tokenizer.ggml.remove_extra_whitespaces</c></term><description><see cref="RemoveExtraWhitespaces"/></description></item>
/// <item><term><c>tokenizer.ggml.unknown_token_id</c></term><description><see cref="UnknownId"/></description></item>
/// <item><term><c>tokenizer.ggml.eos_token_id</c></term><description><see cref="EndId"/></description></item>
/// <item><term><c>tokenizer.ggml.padding_token_id</c></term><description><see cref="PadId"/></description></item>
/// </list>
/// Check that <c>tokenizer.ggml.model</c> is <c>t5</c> first. Keys that the file lacks stay at their defaults here.
/// </remarks>
public sealed record SentencePieceVocabulary
{
    /// <summary>The number of pieces in the SentencePiece model that Google published with T5.</summary>
    private const int PublishedPieceCount = 32000;

    /// <summary>The number of sentinels, <c>&lt;extra_id_0&gt;</c> to <c>&lt;extra_id_99&gt;</c>, that stand after those pieces.</summary>
    private const int SentinelCount = 100;

    /// <summary>The file (or another name) that messages about this vocabulary start with.</summary>
    public string Source { get; init; } = "the vocabulary";

    /// <summary>The pieces; an id is an index into them. A leading space is written U+2581.</summary>
    public required IReadOnlyList<string> Pieces { get; init; }

    /// <summary>The logarithm of each piece's probability, as many as <see cref="Pieces"/>.</summary>
    public required IReadOnlyList<double> Scores { get; init; }

    /// <summary>
    /// What each piece is, as many as <see cref="Pieces"/>; or null where the file does not say (a <c>tokenizer.json</c>): then
    /// the Unigram model may choose any of them, as Hugging Face's does.
    /// </summary>
    public IReadOnlyList<PieceType>? Types { get; init; }

    /// <summary>The id of the unknown piece, or null to take the piece of that type, or else the one named <c>&lt;unk&gt;</c>.</summary>
    public int? UnknownId { get; init; }

    /// <summary>The id that closes every prompt, or null to take the piece named <c>&lt;/s&gt;</c>.</summary>
    public int? EndId { get; init; }

    /// <summary>The id that fills up short prompts, or null to take the piece named <c>&lt;pad&gt;</c>, or else 0.</summary>
    public int? PadId { get; init; }

    /// <summary>SentencePiece's compiled normalization rules (a double-array trie and its replacements); empty for none.</summary>
    public ReadOnlyMemory<byte> PrecompiledCharsMap { get; init; }

    /// <summary>Whether a prompt is tokenized as though a space stood in front of it.</summary>
    public bool AddSpacePrefix { get; init; } = true;

    /// <summary>Whether spaces at the end are dropped and several in a row count as one.</summary>
    public bool RemoveExtraWhitespaces { get; init; } = true;

    /// <summary>Whether unknown text becomes its bytes, or null to decide by whether all 256 byte pieces are there.</summary>
    public bool? ByteFallback { get; init; }

    /// <summary>Tokens that are cut out of the text first, or null to derive them from <see cref="Types"/> as Hugging Face's converter does.</summary>
    public IReadOnlyList<AddedToken>? AddedTokens { get; init; }

    /// <summary>Details of white space that only a <c>tokenizer.json</c> can ask for; null for what T5 does.</summary>
    internal WhitespaceRules? Whitespace { get; init; }

    /// <summary>Reads a <c>tokenizer.json</c>, a <c>spiece.model</c>, the metadata of a T5 GGUF, or a folder that holds one of them.</summary>
    /// <param name="path">The file or the folder.</param>
    /// <exception cref="FileNotFoundException">There is no such file, or no tokenizer in the folder.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or is not a T5 tokenizer. The message names it.</exception>
    public static SentencePieceVocabulary Load(string path) => VocabularyFile.Load(path);

    /// <summary>Checks that the parts fit together and fills in what was left out.</summary>
    internal SentencePieceVocabulary Complete()
    {
        CheckParts();
        return WithSentinels().WithSpecialTokens();
    }

    private void CheckParts()
    {
        if (Pieces.Count == 0)
        {
            throw Bad("holds no pieces");
        }

        if (Scores.Count != Pieces.Count)
        {
            throw Bad($"has {Pieces.Count} pieces but {Scores.Count} scores");
        }

        if (Types is not null && Types.Count != Pieces.Count)
        {
            throw Bad($"has {Pieces.Count} pieces but {Types.Count} piece types");
        }

        for (int i = 0; i < Scores.Count; i++)
        {
            if (!double.IsFinite(Scores[i]))
            {
                throw Bad($"gives piece {i} a score that is not a finite number");
            }
        }
    }

    /// <summary>
    /// Names the sentinels of the published model, which leaves them to the program. They stand behind its pieces, and the last is
    /// <c>&lt;extra_id_0&gt;</c>.
    /// </summary>
    private SentencePieceVocabulary WithSentinels()
    {
        if (Types is null || AddedTokens is not null || !HasPublishedSize() || Pieces.Any(IsSentinel))
        {
            return this;
        }

        IEnumerable<string> names = Enumerable.Range(0, SentinelCount)
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"<extra_id_{SentinelCount - 1 - i}>"));
        int end = PublishedPieceCount + SentinelCount;
        return this with
        {
            Pieces = [.. Pieces.Take(PublishedPieceCount), .. names, .. Pieces.Skip(end)],
            Scores = [.. Scores.Take(PublishedPieceCount), .. new double[SentinelCount], .. Scores.Skip(end)],
            Types = [.. Types.Take(PublishedPieceCount), .. Enumerable.Repeat(PieceType.Control, SentinelCount), .. Types.Skip(end)],
        };
    }

    private SentencePieceVocabulary WithSpecialTokens()
    {
        int unknown = UnknownId ?? FindType(PieceType.Unknown) ?? Find("<unk>") ?? throw Bad("has no piece for unknown text (<unk>)");
        int end = EndId ?? Find("</s>") ?? throw Bad("has no end token (</s>), which every T5 prompt needs");
        int pad = PadId ?? Find("<pad>") ?? 0;
        CheckId(unknown, "the unknown token");
        CheckId(end, "the end token");
        CheckId(pad, "the padding token");
        IReadOnlyList<AddedToken> added = AddedTokens ?? DeriveAddedTokens(unknown, end);
        foreach (AddedToken token in added)
        {
            if (token.Content.Length == 0 || token.Id is < 0 or int.MaxValue)
            {
                throw Bad($"lists an added token with the text '{token.Content}' and the id {token.Id}; expected some text and an id from 0 to {int.MaxValue - 1}");
            }
        }

        return this with { UnknownId = unknown, EndId = end, PadId = pad, AddedTokens = added };
    }

    private List<AddedToken> DeriveAddedTokens(int unknown, int end)
    {
        List<AddedToken> tokens = [];
        for (int i = 0; i < Pieces.Count; i++)
        {
            bool sentinel = IsSentinel(Pieces[i]);
            PieceType type = Types?[i] ?? PieceType.Undefined;
            if (Pieces[i].Length > 0
                && (sentinel || i == unknown || i == end || type is PieceType.Control or PieceType.UserDefined or PieceType.Unknown))
            {
                tokens.Add(new AddedToken(Pieces[i], i) { Special = sentinel || type != PieceType.UserDefined });
            }
        }

        return tokens;
    }

    /// <summary>Whether these are T5's 32,000 pieces, alone or followed by unused ones (as converters to GGUF fill the table up).</summary>
    private bool HasPublishedSize()
    {
        for (int i = PublishedPieceCount; i < Pieces.Count; i++)
        {
            if (Types![i] != PieceType.Unused)
            {
                return false;
            }
        }

        return Pieces.Count == PublishedPieceCount || Pieces.Count >= PublishedPieceCount + SentinelCount;
    }

    private static bool IsSentinel(string piece) =>
        piece.StartsWith("<extra_id_", StringComparison.Ordinal)
        && piece.EndsWith('>')
        && int.TryParse(piece.AsSpan(10, piece.Length - 11), NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private int? Find(string piece)
    {
        for (int i = 0; i < Pieces.Count; i++)
        {
            if (Pieces[i] == piece)
            {
                return i;
            }
        }

        return null;
    }

    private int? FindType(PieceType type)
    {
        for (int i = 0; i < (Types?.Count ?? 0); i++)
        {
            if (Types![i] == type)
            {
                return i;
            }
        }

        return null;
    }

    private void CheckId(int id, string what)
    {
        if (id < 0 || id >= Pieces.Count)
        {
            throw Bad($"gives {what} the id {id}, but its ids go from 0 to {Pieces.Count - 1}");
        }
    }

    private InvalidDataException Bad(string what) => new($"{Source} {what}.");
}

/// <summary>How a normalizer and a pre-tokenizer treat white space.</summary>
/// <param name="StripLeft">White space at the start of the text is dropped.</param>
/// <param name="StripRight">White space at the end of the text is dropped.</param>
/// <param name="CollapseSpaces">Two or more spaces become one.</param>
/// <param name="SplitOnWhitespace">The text is cut at white space of every kind, which is dropped.</param>
/// <param name="Prefix">Where a space is put in front.</param>
/// <param name="SplitWords">The Unigram model sees one word at a time.</param>
internal sealed record WhitespaceRules(
    bool StripLeft, bool StripRight, bool CollapseSpaces, bool SplitOnWhitespace, SpacePrefix Prefix, bool SplitWords);

/// <summary>Where the word mark U+2581 is put in front of text that does not start with one.</summary>
internal enum SpacePrefix
{
    /// <summary>Nowhere.</summary>
    Never,

    /// <summary>At the very start of the prompt.</summary>
    First,

    /// <summary>There, and after every added token.</summary>
    Always,
}
