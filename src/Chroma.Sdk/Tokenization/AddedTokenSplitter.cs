using System.Buffers;
using System.Globalization;
using System.Text;

namespace Chroma.Tokenization;

/// <summary>
/// Cuts added tokens out of a text: leftmost first, and of those that start at one place the longest. So do Hugging Face's
/// tokenizers; SentencePiece itself has no such step.
/// </summary>
internal sealed class AddedTokenSplitter
{
    private readonly SearchValues<string>? _any;
    private readonly AddedToken[] _longestFirst;

    /// <summary>Prepares the search.</summary>
    /// <param name="tokens">The tokens to look for.</param>
    public AddedTokenSplitter(IEnumerable<AddedToken> tokens)
    {
        _longestFirst = [.. tokens.OrderByDescending(token => token.Content.Length)];
        _any = _longestFirst.Length == 0
            ? null
            : SearchValues.Create([.. _longestFirst.Select(token => token.Content)], StringComparison.Ordinal);
    }

    /// <summary>Cuts a text into added tokens and what stands between them, in order and without empty parts.</summary>
    public List<TextPart> Split(string text)
    {
        List<TextPart> parts = [];
        int partBegin = 0;
        int searchBegin = 0;
        while (_any is not null && searchBegin < text.Length)
        {
            int hit = text.AsSpan(searchBegin).IndexOfAny(_any);
            if (hit < 0)
            {
                break;
            }

            int begin = searchBegin + hit;
            AddedToken token = LongestAt(text.AsSpan(begin));
            int end = begin + token.Content.Length;
            searchBegin = end;
            if (token.SingleWord && (EndsWithWord(text.AsSpan(0, begin)) || StartsWithWord(text.AsSpan(end))))
            {
                continue;
            }

            if (token.StripLeft)
            {
                begin = Math.Max(partBegin, text.AsSpan(0, begin).TrimEnd().Length);
            }

            if (token.StripRight)
            {
                end = text.Length - text.AsSpan(end).TrimStart().Length;
            }

            if (begin > partBegin)
            {
                parts.Add(new TextPart(partBegin, begin, null));
            }

            parts.Add(new TextPart(begin, end, token));
            partBegin = end;
        }

        if (partBegin < text.Length)
        {
            parts.Add(new TextPart(partBegin, text.Length, null));
        }

        return parts;
    }

    private AddedToken LongestAt(ReadOnlySpan<char> text)
    {
        foreach (AddedToken token in _longestFirst)
        {
            if (text.StartsWith(token.Content, StringComparison.Ordinal))
            {
                return token;
            }
        }

        throw new InvalidOperationException("The search for added tokens found one that is not in its list.");
    }

    private static bool EndsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out Rune last, out _) == OperationStatus.Done && IsWordCharacter(last);

    private static bool StartsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out Rune first, out _) == OperationStatus.Done && IsWordCharacter(first);

    private static bool IsWordCharacter(Rune rune) => Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.ConnectorPunctuation or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
        or UnicodeCategory.EnclosingMark or UnicodeCategory.LetterNumber;
}

/// <summary>A stretch of text, from <paramref name="Begin"/> up to <paramref name="End"/>, that is an added token or has none inside.</summary>
internal readonly record struct TextPart(int Begin, int End, AddedToken? Token);
