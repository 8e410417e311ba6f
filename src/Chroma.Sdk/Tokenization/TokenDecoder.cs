using System.Text;

namespace Chroma.Tokenization;

/// <summary>Turns ids back into text.</summary>
internal sealed class TokenDecoder
{
    private readonly Dictionary<int, string> _pieces = [];
    private readonly HashSet<int> _special = [];
    private readonly IReadOnlyDictionary<int, byte>? _bytes;
    private readonly bool _hasPrefix;

    /// <summary>Prepares decoding.</summary>
    /// <param name="vocabulary">A complete vocabulary.</param>
    /// <param name="bytes">What the byte pieces stand for.</param>
    /// <param name="hasPrefix">Whether encoding puts a space in front, which decoding then takes away.</param>
    public TokenDecoder(SentencePieceVocabulary vocabulary, IReadOnlyDictionary<int, byte>? bytes, bool hasPrefix)
    {
        for (int i = 0; i < vocabulary.Pieces.Count; i++)
        {
            _pieces[i] = vocabulary.Pieces[i];
        }

        foreach (AddedToken token in vocabulary.AddedTokens!)
        {
            _pieces[token.Id] = token.Content;
            if (token.Special)
            {
                _special.Add(token.Id);
            }
        }

        _bytes = bytes;
        _hasPrefix = hasPrefix;
    }

    /// <summary>The piece with an id, as the vocabulary writes it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is none.</exception>
    public string PieceOf(int id) => _pieces.TryGetValue(id, out string? piece)
        ? piece
        : throw new ArgumentOutOfRangeException(nameof(id), id, "There is no token with this id in the vocabulary.");

    /// <summary>Decodes ids one by one, except that neighbouring byte pieces are decoded together.</summary>
    public IEnumerable<(string Text, int Count)> Units(IEnumerable<int> ids)
    {
        List<byte> bytes = [];
        bool first = true;
        foreach (int id in ids)
        {
            if (_bytes is not null && _bytes.TryGetValue(id, out byte value))
            {
                bytes.Add(value);
                continue;
            }

            if (bytes.Count > 0)
            {
                yield return (Encoding.UTF8.GetString([.. bytes]), bytes.Count);
                bytes.Clear();
                first = false;
            }

            string piece = PieceOf(id);
            if (_special.Contains(id))
            {
                yield return ("", 1);
                continue;
            }

            string text = piece.Replace(MetaspacePreTokenizer.WordMark, ' ');
            yield return (first && _hasPrefix && text.StartsWith(' ') ? text[1..] : text, 1);
            first = false;
        }

        if (bytes.Count > 0)
        {
            yield return (Encoding.UTF8.GetString([.. bytes]), bytes.Count);
        }
    }
}
