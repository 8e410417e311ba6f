using Microsoft.ML.Tokenizers;

namespace Chroma.Tokenization;

/// <summary>
/// Cuts normalized text into words in SentencePiece's manner: spaces become the word mark U+2581, and each mark begins
/// a new word, which the Unigram model then takes apart on its own.
/// </summary>
public sealed class MetaspacePreTokenizer : PreTokenizer
{
    /// <summary>What stands for a space inside pieces: U+2581, LOWER ONE EIGHTH BLOCK.</summary>
    public const char WordMark = '\u2581';

    private readonly WhitespaceRules _rules;

    internal MetaspacePreTokenizer(WhitespaceRules rules) => _rules = rules;

    /// <summary>Finds the words of a text whose spaces are word marks already (see <see cref="Escape"/>).</summary>
    /// <param name="text">The text.</param>
    /// <returns>Where each word starts and how many UTF-16 units it has; together they cover the text.</returns>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int begin = 0;
        while (begin < text.Length)
        {
            int next = _rules.SplitWords && begin + 1 < text.Length ? text.IndexOf(WordMark, begin + 1) : -1;
            int end = next < 0 ? text.Length : next;
            yield return (begin, end - begin);
            begin = end;
        }
    }

    /// <inheritdoc cref="PreTokenize(string)"/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => PreTokenize(text.ToString());

    /// <summary>Writes spaces as word marks and puts one in front where the vocabulary asks for it.</summary>
    /// <param name="normalized">A normalized text, or the part of it between two added tokens.</param>
    /// <param name="isStart">Whether the prompt begins with this part.</param>
    /// <returns>The text that <see cref="PreTokenize(string)"/> takes; empty for empty text.</returns>
    internal string Escape(string normalized, bool isStart)
    {
        if (_rules.SplitOnWhitespace)
        {
            IEnumerable<string> words = normalized.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries);
            return string.Concat(words.Select((word, i) => Mark(word, isStart && i == 0)));
        }

        return Mark(normalized.Replace(' ', WordMark), isStart);
    }

    private string Mark(string text, bool isStart)
    {
        bool wanted = _rules.Prefix == SpacePrefix.Always || (_rules.Prefix == SpacePrefix.First && isStart);
        return wanted && text.Length > 0 && text[0] != WordMark ? WordMark + text : text;
    }
}
