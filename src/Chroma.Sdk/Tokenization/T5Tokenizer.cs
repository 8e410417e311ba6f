using System.Buffers;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace Chroma.Tokenization;

/// <summary>
/// T5's tokenizer: prompt in, token ids out, closed by <c>&lt;/s&gt;</c>. The ids are those of Hugging Face's tokenizers, so that a prompt means the
/// same here as in diffusers and ComfyUI.
/// </summary>
/// <remarks>
/// A text goes through four steps: added tokens such as <c>&lt;extra_id_0&gt;</c> are cut out; the parts between them are normalized
/// (<see cref="T5Normalizer"/>), cut into words (<see cref="MetaspacePreTokenizer"/>), and each word into the pieces of the Unigram model.
/// It is a <see cref="Microsoft.ML.Tokenizers.Tokenizer"/>, so everything that takes one takes this. Instances do not change and may be
/// used from several threads at once.
/// </remarks>
public sealed class T5Tokenizer : Tokenizer
{
    /// <summary>The number of tokens at which T5 was trained to stop, and where prompts are cut unless told otherwise.</summary>
    public const int DefaultMaxLength = 512;

    private const int MaximumRow = 1 << 16;

    private readonly UnigramModel _model;
    private readonly T5Normalizer _normalizer;
    private readonly MetaspacePreTokenizer _preTokenizer;
    private readonly AddedTokenSplitter _typedTokens;
    private readonly AddedTokenSplitter _normalizedTokens;
    private readonly TokenDecoder _decoder;

    /// <summary>Makes a tokenizer from a vocabulary.</summary>
    /// <param name="vocabulary">The pieces, their scores, and the rules; for example from a GGUF's metadata.</param>
    /// <exception cref="InvalidDataException">Its parts do not fit together, or it lacks the end token or the unknown token.</exception>
    public T5Tokenizer(SentencePieceVocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        SentencePieceVocabulary complete = vocabulary.Complete();
        WhitespaceRules rules = complete.Whitespace ?? new WhitespaceRules(
            StripLeft: complete.RemoveExtraWhitespaces && !complete.AddSpacePrefix,
            StripRight: complete.RemoveExtraWhitespaces,
            CollapseSpaces: complete.RemoveExtraWhitespaces,
            SplitOnWhitespace: false,
            Prefix: complete.AddSpacePrefix ? SpacePrefix.First : SpacePrefix.Never,
            SplitWords: true);
        EndId = complete.EndId!.Value;
        PadId = complete.PadId!.Value;
        UnknownId = complete.UnknownId!.Value;
        VocabularySize = Math.Max(complete.Pieces.Count, complete.AddedTokens!.Select(token => token.Id + 1).DefaultIfEmpty().Max());
        _model = new UnigramModel(complete);
        _normalizer = new T5Normalizer(new PrecompiledCharsMap(complete.PrecompiledCharsMap.Span, complete.Source), rules);
        _preTokenizer = new MetaspacePreTokenizer(rules);
        _typedTokens = new AddedTokenSplitter(complete.AddedTokens!.Where(token => !token.Normalized));
        _normalizedTokens = new AddedTokenSplitter(complete.AddedTokens!
            .Where(token => token.Normalized)
            .Select(token => token with { Content = _normalizer.Normalize(token.Content) })
            .Where(token => token.Content.Length > 0));
        _decoder = new TokenDecoder(complete, _model.Bytes, rules.Prefix != SpacePrefix.Never);
    }

    /// <summary>Loads a tokenizer from a <c>tokenizer.json</c> (Hugging Face), a <c>spiece.model</c> (SentencePiece), a T5 GGUF, or a folder with one of them.</summary>
    /// <param name="path">The file or the folder.</param>
    /// <exception cref="FileNotFoundException">There is no such file, or no tokenizer in the folder.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or is not a T5 tokenizer. The message names it.</exception>
    public static T5Tokenizer Load(string path) => new(SentencePieceVocabulary.Load(path));

    /// <summary>The id that closes every prompt: <c>&lt;/s&gt;</c>, 1 in T5.</summary>
    public int EndId { get; }

    /// <summary>The id that fills up short prompts: <c>&lt;pad&gt;</c>, 0 in T5.</summary>
    public int PadId { get; }

    /// <summary>The id of text that the vocabulary cannot express: <c>&lt;unk&gt;</c>, 2 in T5.</summary>
    public int UnknownId { get; }

    /// <summary>One more than the largest id that can come out; the text encoder's embedding needs at least as many rows.</summary>
    public int VocabularySize { get; }

    /// <inheritdoc/>
    public override Normalizer Normalizer => _normalizer;

    /// <inheritdoc/>
    public override PreTokenizer PreTokenizer => _preTokenizer;

    /// <summary>Tokenizes a whole prompt, however long it is.</summary>
    /// <param name="text">The prompt; may be empty. Unpaired surrogates count as U+FFFD.</param>
    /// <returns>The ids, the last of them <see cref="EndId"/>.</returns>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> ids = EncodeText(text, normalize: true, preTokenize: true);
        ids.Add(EndId);
        return [.. ids];
    }

    /// <summary>Tokenizes a prompt and cuts it where it is too long; the end token stays.</summary>
    /// <param name="text">The prompt; may be empty.</param>
    /// <param name="maxLength">The largest number of tokens, the end token included; at least 1.</param>
    /// <returns>The ids, and whether some are missing.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxLength"/> is less than 1.</exception>
    public TokenizedPrompt EncodePrompt(string text, int maxLength = DefaultMaxLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, 1);
        int[] ids = Encode(text);
        return ids.Length <= maxLength
            ? new TokenizedPrompt(ids, ids.Length)
            : new TokenizedPrompt([.. ids.AsSpan(0, maxLength - 1), EndId], ids.Length);
    }

    /// <summary>Tokenizes several prompts and fills the short ones up with <see cref="PadId"/>.</summary>
    /// <param name="texts">The prompts.</param>
    /// <param name="maxLength">The largest number of tokens of a prompt, its end token included; at least 1.</param>
    /// <param name="padTo">The number of tokens in each row, up to 65,536, or null for that of the longest prompt. Longer prompts are cut to it.</param>
    /// <returns>The ids and the mask.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxLength"/> or <paramref name="padTo"/> is less than 1, or <paramref name="padTo"/> is too large.</exception>
    public TokenBatch EncodeBatch(IReadOnlyList<string> texts, int maxLength = DefaultMaxLength, int? padTo = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(padTo ?? 1, 1, nameof(padTo));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(padTo ?? 1, MaximumRow, nameof(padTo));
        TokenizedPrompt[] prompts = [.. texts.Select(text => EncodePrompt(text, Math.Min(maxLength, padTo ?? maxLength)))];
        int length = padTo ?? prompts.Select(prompt => prompt.Length).DefaultIfEmpty().Max();
        return new TokenBatch(prompts, length, PadId);
    }

    /// <summary>Turns ids back into text; special tokens are left out.</summary>
    /// <param name="ids">The ids.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public override string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return string.Concat(_decoder.Units(ids).Select(unit => unit.Text));
    }

    /// <summary>Turns ids back into text, as far as there is room for it.</summary>
    /// <param name="ids">The ids.</param>
    /// <param name="destination">Where the text goes.</param>
    /// <param name="idsConsumed">How many ids the written text stands for.</param>
    /// <param name="charsWritten">How many UTF-16 units were written.</param>
    /// <returns><see cref="OperationStatus.DestinationTooSmall"/> if some text did not fit.</returns>
    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        ArgumentNullException.ThrowIfNull(ids);
        idsConsumed = 0;
        charsWritten = 0;
        foreach ((string text, int count) in _decoder.Units(ids))
        {
            if (!text.TryCopyTo(destination[charsWritten..]))
            {
                return OperationStatus.DestinationTooSmall;
            }

            charsWritten += text.Length;
            idsConsumed += count;
        }

        return OperationStatus.Done;
    }

    /// <inheritdoc/>
    protected override EncodeResults<int> EncodeToIds(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        if (settings.MaxTokenCount < int.MaxValue)
        {
            // Only the tokens with their places can tell how much text was consumed.
            EncodeResults<EncodedToken> results = EncodeToTokens(text, textSpan, settings);
            return new EncodeResults<int>
            {
                Tokens = [.. results.Tokens.Select(token => token.Id)],
                NormalizedText = results.NormalizedText,
                CharsConsumed = results.CharsConsumed,
            };
        }

        string input = text ?? textSpan.ToString();
        List<int> ids = EncodeText(input, settings.ConsiderNormalization, settings.ConsiderPreTokenization);
        ids.Add(EndId);
        return new EncodeResults<int> { Tokens = ids, NormalizedText = null, CharsConsumed = input.Length };
    }

    /// <summary>Tokenizes with the place of each token in the normalized text, in UTF-16 units.</summary>
    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        List<EncodedToken> tokens = [];
        StringBuilder normalized = new();
        foreach (Segment segment in Cut(text ?? textSpan.ToString(), settings.ConsiderNormalization))
        {
            int begin = normalized.Length;
            normalized.Append(segment.Text);
            if (segment.Token is { } added)
            {
                tokens.Add(new EncodedToken(added.Id, segment.Text, new Range(begin, normalized.Length)));
                continue;
            }

            EncodeSegment(segment.Text, settings.ConsiderPreTokenization, (token, word) =>
            {
                int length = CountUtf16(word[token.Begin..token.End]);
                tokens.Add(new EncodedToken(token.Id, _decoder.PieceOf(token.Id), new Range(begin, begin + length)));
                begin += length;
            });
        }

        tokens.Add(new EncodedToken(EndId, _decoder.PieceOf(EndId), new Range(normalized.Length, normalized.Length)));
        if (tokens.Count > settings.MaxTokenCount)
        {
            tokens.RemoveRange(settings.MaxTokenCount, tokens.Count - settings.MaxTokenCount);
        }

        int consumed = tokens.Count == 0 ? 0 : tokens[^1].Offset.End.Value;
        return new EncodeResults<EncodedToken> { Tokens = tokens, NormalizedText = normalized.ToString(), CharsConsumed = consumed };
    }

    private List<int> EncodeText(string text, bool normalize, bool preTokenize)
    {
        List<int> ids = [];
        foreach (Segment segment in Cut(text, normalize))
        {
            if (segment.Token is { } added)
            {
                ids.Add(added.Id);
            }
            else
            {
                EncodeSegment(segment.Text, preTokenize, (token, _) => ids.Add(token.Id));
            }
        }

        return ids;
    }

    /// <summary>Cuts a prompt into added tokens and normalized text whose spaces are word marks.</summary>
    private IEnumerable<Segment> Cut(string text, bool normalize)
    {
        foreach (TextPart part in _typedTokens.Split(text))
        {
            string typed = text[part.Begin..part.End];
            if (part.Token is not null)
            {
                yield return new Segment(typed, part.Token);
                continue;
            }

            string normalized = normalize ? _normalizer.Normalize(typed) : typed;
            foreach (TextPart inner in _normalizedTokens.Split(normalized))
            {
                string plain = normalized[inner.Begin..inner.End];
                string escaped = inner.Token is null ? _preTokenizer.Escape(plain, part.Begin == 0 && inner.Begin == 0) : plain;
                yield return new Segment(escaped, inner.Token);
            }
        }
    }

    private void EncodeSegment(string text, bool preTokenize, Action<UnigramToken, ReadOnlySpan<byte>> take)
    {
        byte[] utf8 = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        List<UnigramToken> tokens = [];
        try
        {
            IEnumerable<(int Offset, int Length)> words = preTokenize ? _preTokenizer.PreTokenize(text) : [(0, text.Length)];
            foreach ((int offset, int length) in words)
            {
                int size = Encoding.UTF8.GetBytes(text.AsSpan(offset, length), utf8);
                ReadOnlySpan<byte> word = utf8.AsSpan(0, size);
                tokens.Clear();
                _model.Encode(word, tokens);
                foreach (UnigramToken token in tokens)
                {
                    take(token, word);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(utf8);
        }
    }

    private static int CountUtf16(ReadOnlySpan<byte> utf8)
    {
        int count = 0;
        foreach (byte b in utf8)
        {
            // Continuation bytes belong to the character before; four-byte characters are two units of UTF-16.
            count += (b & 0xC0) == 0x80 ? 0 : b >= 0xF0 ? 2 : 1;
        }

        return count;
    }

    private readonly record struct Segment(string Text, AddedToken? Token);
}
