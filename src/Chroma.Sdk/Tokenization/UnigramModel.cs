using System.Buffers;
using System.Globalization;

namespace Chroma.Tokenization;

/// <summary>
/// The Unigram language model of SentencePiece (Kudo 2018, "Subword Regularization"): cuts a word into the pieces whose scores
/// have the largest sum. Sums are float64 and a later path must be strictly better to win, so that ties fall as they do
/// in Hugging Face's tokenizers.
/// </summary>
internal sealed class UnigramModel
{
    /// <summary>How much worse than the worst piece a character is that no piece covers.</summary>
    private const double UnknownPenalty = 10;

    private readonly PieceTrie _trie;
    private readonly double[] _scores;
    private readonly int[]? _byteIds;
    private readonly int _unknownId;
    private readonly double _unknownScore;

    /// <summary>Builds the model from a complete vocabulary.</summary>
    public UnigramModel(SentencePieceVocabulary vocabulary)
    {
        _unknownId = vocabulary.UnknownId!.Value;
        IReadOnlyList<PieceType>? types = vocabulary.Types;

        // Without types the scores come from a tokenizer.json and are rounded already.
        _scores = [.. types is null ? vocabulary.Scores : vocabulary.Scores.Select(ScoreRounding.ThroughJson)];
        _byteIds = FindByteIds(vocabulary);
        double worst = double.PositiveInfinity;
        List<KeyValuePair<string, int>> entries = new(_scores.Length);
        for (int i = 0; i < _scores.Length; i++)
        {
            PieceType type = types?[i] ?? PieceType.Normal;
            if (type is PieceType.Normal or PieceType.Undefined)
            {
                worst = Math.Min(worst, _scores[i]);
            }

            if (type is not (PieceType.Unused or PieceType.Byte))
            {
                entries.Add(new(vocabulary.Pieces[i], i));
            }
        }

        _trie = new PieceTrie(entries);
        _unknownScore = (double.IsFinite(worst) ? worst : 0) - UnknownPenalty;
    }

    /// <summary>The byte that each byte piece stands for, or null where the model has no byte fallback.</summary>
    public IReadOnlyDictionary<int, byte>? Bytes =>
        _byteIds?.Select((id, value) => (id, value)).Where(pair => pair.id >= 0).ToDictionary(pair => pair.id, pair => (byte)pair.value);

    /// <summary>Cuts one word (UTF-8, with its word mark) into pieces and appends their ids. Takes time in proportion to its length.</summary>
    public void Encode(ReadOnlySpan<byte> word, List<UnigramToken> tokens)
    {
        int size = word.Length;
        double[] bestScores = ArrayPool<double>.Shared.Rent(size + 1);
        int[] begins = ArrayPool<int>.Shared.Rent(size + 1);
        int[] ids = ArrayPool<int>.Shared.Rent(size + 1);
        try
        {
            begins.AsSpan(0, size + 1).Fill(-1);
            bestScores[0] = 0;
            FindBestPath(word, bestScores, begins, ids);
            ReadBack(word, begins, ids, tokens);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(bestScores);
            ArrayPool<int>.Shared.Return(begins);
            ArrayPool<int>.Shared.Return(ids);
        }
    }

    private void FindBestPath(ReadOnlySpan<byte> word, double[] bestScores, int[] begins, int[] ids)
    {
        int begin = 0;
        while (begin < word.Length)
        {
            double soFar = bestScores[begin];
            int charLength = Utf8Length(word[begin]);
            bool charCovered = false;
            int node = PieceTrie.Root;
            for (int end = begin; end < word.Length && _trie.TryStep(ref node, word[end]);)
            {
                end++;
                int id = _trie.ValueAt(node);
                if (id >= 0)
                {
                    Offer(end, soFar + _scores[id], id);
                    charCovered |= end - begin == charLength;
                }
            }

            if (!charCovered)
            {
                Offer(begin + charLength, soFar + _unknownScore, _unknownId);
            }

            begin += charLength;

            void Offer(int end, double score, int id)
            {
                if (begins[end] < 0 || score > bestScores[end])
                {
                    bestScores[end] = score;
                    begins[end] = begin;
                    ids[end] = id;
                }
            }
        }
    }

    private void ReadBack(ReadOnlySpan<byte> word, int[] begins, int[] ids, List<UnigramToken> tokens)
    {
        int firstNew = tokens.Count;
        int end = word.Length;
        while (end > 0)
        {
            int begin = begins[end];
            int id = ids[end];
            if (id == _unknownId)
            {
                // A run of unknown characters is one unknown token.
                while (begin > 0 && ids[begin] == _unknownId)
                {
                    begin = begins[begin];
                }

                AppendUnknown(word, begin, end, tokens);
            }
            else
            {
                tokens.Add(new UnigramToken(id, begin, end));
            }

            end = begin;
        }

        tokens.Reverse(firstNew, tokens.Count - firstNew);
    }

    /// <summary>Appends what an unknown run becomes, last token first.</summary>
    private void AppendUnknown(ReadOnlySpan<byte> word, int begin, int end, List<UnigramToken> tokens)
    {
        int whole = _trie.Find(word[begin..end]);
        if (whole < 0 && _byteIds is not null && HasAllBytes(word[begin..end]))
        {
            for (int i = end - 1; i >= begin; i--)
            {
                tokens.Add(new UnigramToken(_byteIds[word[i]], i, i + 1));
            }

            return;
        }

        tokens.Add(new UnigramToken(whole < 0 ? _unknownId : whole, begin, end));
    }

    private bool HasAllBytes(ReadOnlySpan<byte> text)
    {
        foreach (byte value in text)
        {
            if (_byteIds![value] < 0)
            {
                return false;
            }
        }

        return true;
    }

    private static int[]? FindByteIds(SentencePieceVocabulary vocabulary)
    {
        if (vocabulary.ByteFallback == false)
        {
            return null;
        }

        int[] ids = new int[256];
        Array.Fill(ids, -1);
        for (int i = 0; i < vocabulary.Pieces.Count; i++)
        {
            string piece = vocabulary.Pieces[i];
            if ((vocabulary.Types is null || vocabulary.Types[i] == PieceType.Byte)
                && piece.Length == 6
                && piece.StartsWith("<0x", StringComparison.Ordinal)
                && piece[5] == '>'
                && byte.TryParse(piece.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                ids[value] = i;
            }
        }

        return vocabulary.ByteFallback == true || !ids.Contains(-1) ? ids : null;
    }

    private static int Utf8Length(byte lead) => lead switch
    {
        < 0x80 => 1,
        < 0xE0 => 2,
        < 0xF0 => 3,
        _ => 4,
    };
}

/// <summary>A piece that the model chose.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Begin">Where it starts in the word, in bytes of UTF-8.</param>
/// <param name="End">Where it ends, exclusive.</param>
internal readonly record struct UnigramToken(int Id, int Begin, int End);
