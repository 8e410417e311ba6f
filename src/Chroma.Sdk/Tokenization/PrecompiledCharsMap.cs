using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Chroma.Tokenization;

/// <summary>
/// The normalization rules that SentencePiece compiles into a model: a double-array trie (Yata's Darts-clone layout) from UTF-8
/// text to its replacement. T5's are NFKC, white space to plain spaces, and control characters to nothing.
/// </summary>
/// <remarks>
/// Applied as Hugging Face's tokenizers do, which differs from SentencePiece: the text is cut into grapheme clusters; a cluster
/// shorter than six bytes that starts with a rule becomes that rule's replacement as a whole (the shortest such rule, so
/// that further combining marks vanish); any other cluster is treated character by character.
/// </remarks>
internal sealed class PrecompiledCharsMap
{
    /// <summary>Clusters from this many bytes on are treated character by character.</summary>
    private const int LongCluster = 6;

    private readonly uint[] _units;
    private readonly string?[] _ascii;
    private readonly byte[] _replacements;

    /// <summary>Reads the rules.</summary>
    /// <param name="data">The bytes as stored; empty for no rules.</param>
    /// <param name="source">The file that messages name.</param>
    /// <exception cref="InvalidDataException">The sizes in it do not fit.</exception>
    public PrecompiledCharsMap(ReadOnlySpan<byte> data, string source)
    {
        if (data.IsEmpty)
        {
            _units = [];
            _replacements = [];
        }
        else
        {
            uint trieBytes = data.Length < 4 ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(data);
            if (trieBytes > data.Length - 4 || trieBytes % 4 != 0 || trieBytes == 0)
            {
                throw new InvalidDataException($"{source} has a damaged character map: its {data.Length} bytes do not hold the trie that they announce.");
            }

            _units = new uint[trieBytes / 4];
            for (int i = 0; i < _units.Length; i++)
            {
                _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(data[(4 + (4 * i))..]);
            }

            _replacements = data[(4 + (int)trieBytes)..].ToArray();
        }

        _ascii = new string?[128];
        for (int i = 0; i < _ascii.Length; i++)
        {
            _ascii[i] = Find([(byte)i]);
        }
    }

    /// <summary>Applies the rules to a text without unpaired surrogates, in time proportional to its length.</summary>
    public void Apply(ReadOnlySpan<char> text, StringBuilder output)
    {
        if (_units.Length == 0)
        {
            output.Append(text);
            return;
        }

        int position = 0;
        while (position < text.Length)
        {
            int run = CountPlain(text[position..]);
            if (run > 0)
            {
                output.Append(text.Slice(position, run));
                position += run;
                continue;
            }

            int length = StringInfo.GetNextTextElementLength(text[position..]);
            ApplyToCluster(text.Slice(position, length), output);
            position += length;
        }
    }

    /// <summary>The number of characters ahead that are clusters of their own and stay as they are.</summary>
    private int CountPlain(ReadOnlySpan<char> text)
    {
        int count = 0;
        while (count < text.Length
            && text[count] is < (char)128 and not '\r'
            && _ascii[text[count]] is null
            && (count + 1 == text.Length || text[count + 1] < 128))
        {
            count++;
        }

        return count;
    }

    private void ApplyToCluster(ReadOnlySpan<char> cluster, StringBuilder output)
    {
        Span<byte> bytes = stackalloc byte[LongCluster];
        if (Encoding.UTF8.TryGetBytes(cluster, bytes, out int size) && size < LongCluster && Find(bytes[..size]) is { } whole)
        {
            output.Append(whole);
            return;
        }

        Span<char> chars = stackalloc char[2];
        foreach (Rune rune in cluster.EnumerateRunes())
        {
            size = rune.EncodeToUtf8(bytes);
            if (Find(bytes[..size]) is { } replacement)
            {
                output.Append(replacement);
            }
            else
            {
                output.Append(chars[..rune.EncodeToUtf16(chars)]);
            }
        }
    }

    /// <summary>The replacement for the shortest rule that the text starts with, or null.</summary>
    private string? Find(ReadOnlySpan<byte> text)
    {
        if (_units.Length == 0)
        {
            return null;
        }

        uint position = Offset(_units[0]);
        foreach (byte next in text)
        {
            position ^= next;
            if (next == 0 || position >= _units.Length)
            {
                return null;
            }

            uint unit = _units[position];
            if ((unit & 0x800000FF) != next)
            {
                return null;
            }

            position ^= Offset(unit);
            if ((unit & 0x100) != 0)
            {
                return position < _units.Length ? ReplacementAt(_units[position] & 0x7FFFFFFF) : null;
            }
        }

        return null;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);

    private string? ReplacementAt(uint begin)
    {
        if (begin >= _replacements.Length)
        {
            return null;
        }

        ReadOnlySpan<byte> rest = _replacements.AsSpan((int)begin);
        int end = rest.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
    }
}
