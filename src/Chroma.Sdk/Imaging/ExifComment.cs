using System.Buffers.Binary;
using System.Text;

namespace Chroma.Imaging;

/// <summary>
/// A text as the user comment of an EXIF block (tag 0x9286 of the Exif 2.3 standard): a TIFF header, a first directory that points to the
/// EXIF directory, and the comment in it as UTF-16, big-endian like the whole block.
/// </summary>
internal static class ExifComment
{
    private const ushort ExifPointerTag = 0x8769;
    private const ushort UserCommentTag = 0x9286;
    private const ushort LongType = 4;
    private const ushort UndefinedType = 7;

    /// <summary>Byte order, the number 42, and the offset of the first directory.</summary>
    private const int HeaderLength = 8;

    /// <summary>A directory with one entry: the count, the entry, and the offset of the next directory.</summary>
    private const int DirectoryLength = 2 + 12 + 4;

    /// <summary>Where the comment stands in a block that has nothing else.</summary>
    private const int CommentOffset = HeaderLength + (2 * DirectoryLength);

    private static ReadOnlySpan<byte> UnicodeMark => "UNICODE\0"u8;

    /// <summary>Builds the block.</summary>
    public static byte[] Build(string text)
    {
        byte[] comment = [.. UnicodeMark, .. Encoding.BigEndianUnicode.GetBytes(text)];
        byte[] block = new byte[CommentOffset + comment.Length];
        "MM\0*"u8.CopyTo(block);
        BinaryPrimitives.WriteInt32BigEndian(block.AsSpan(4), HeaderLength);
        WriteDirectory(block.AsSpan(HeaderLength), ExifPointerTag, LongType, 1, HeaderLength + DirectoryLength);
        WriteDirectory(block.AsSpan(HeaderLength + DirectoryLength), UserCommentTag, UndefinedType, comment.Length, CommentOffset);
        comment.CopyTo(block, CommentOffset);
        return block;
    }

    /// <summary>Reads the comment of a block in either byte order, or gives null.</summary>
    public static string? Read(ReadOnlySpan<byte> block)
    {
        if (block.Length < HeaderLength)
        {
            return null;
        }

        bool little = block[0] == 'I';
        if (FindEntry(block, Read32(block[4..], little), ExifPointerTag, little) is not { Length: 12 } pointer
            || FindEntry(block, Read32(pointer.AsSpan(8), little), UserCommentTag, little) is not { Length: 12 } entry)
        {
            return null;
        }

        uint length = Read32(entry.AsSpan(4), little);
        uint offset = Read32(entry.AsSpan(8), little);
        if (length < 8 || length > block.Length || offset > block.Length - length)
        {
            return null;
        }

        ReadOnlySpan<byte> comment = block.Slice((int)offset, (int)length);
        ReadOnlySpan<byte> text = comment[8..];
        if (!comment.StartsWith(UnicodeMark))
        {
            return Encoding.UTF8.GetString(text).TrimEnd('\0');
        }

        bool written = !little && offset == CommentOffset;
        return DecodeUnicode(text, little, written).TrimEnd('\0');
    }

    /// <summary>
    /// Decodes UTF-16 of unknown byte order: the standard does not say which one it is, and writers disagree. A mark decides, else the reading that has a line of
    /// settings, which no text has in the wrong order by chance. Without one it is the order of the block, as this class and piexif write it, unless that reading
    /// makes no sense.
    /// </summary>
    /// <param name="text">The bytes.</param>
    /// <param name="little">The byte order of the block.</param>
    /// <param name="written">Whether the block is laid out as <see cref="Build"/> does it, so that its order is sure to be that of the text.</param>
    private static string DecodeUnicode(ReadOnlySpan<byte> text, bool little, bool written)
    {
        if (text.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) || text.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
        {
            return Utf16(text[0] == 0xFF).GetString(text[2..]);
        }

        string straight = Utf16(little).GetString(text), swapped = Utf16(!little).GetString(text);
        if (ParameterText.HasSettings(straight))
        {
            return straight;
        }

        string bytes = Encoding.UTF8.GetString(text);
        return ParameterText.HasSettings(swapped) ? swapped
            : ParameterText.HasSettings(bytes) ? bytes
            : !written && LooksSwapped(straight, swapped) ? swapped
            : straight;
    }

    private static UnicodeEncoding Utf16(bool little) => new(bigEndian: !little, byteOrderMark: false);

    /// <summary>Latin text in the wrong order has not one Latin letter, and in the right one mostly such. Text of any other script loses its surrogates' pairs, if any.</summary>
    private static bool LooksSwapped(string straight, string swapped)
    {
        static bool IsLatin(char c) => c is (>= ' ' and <= '~') or '\n';
        static bool IsBroken(string text) => text.Contains('\uFFFD', StringComparison.Ordinal);
        return IsBroken(straight) != IsBroken(swapped)
            ? IsBroken(straight)
            : !straight.Any(IsLatin) && swapped.Count(IsLatin) * 2 > swapped.Length;
    }

    private static void WriteDirectory(Span<byte> at, ushort tag, ushort type, int count, int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(at, 1);
        BinaryPrimitives.WriteUInt16BigEndian(at[2..], tag);
        BinaryPrimitives.WriteUInt16BigEndian(at[4..], type);
        BinaryPrimitives.WriteInt32BigEndian(at[6..], count);
        BinaryPrimitives.WriteInt32BigEndian(at[10..], value);
    }

    private static byte[]? FindEntry(ReadOnlySpan<byte> block, uint directory, ushort tag, bool little)
    {
        if (directory > block.Length - 2)
        {
            return null;
        }

        int count = Read16(block[(int)directory..], little);
        for (int i = 0; i < count; i++)
        {
            long at = directory + 2L + (12L * i);
            if (at > block.Length - 12)
            {
                return null;
            }

            ReadOnlySpan<byte> entry = block.Slice((int)at, 12);
            if (Read16(entry, little) == tag)
            {
                return entry.ToArray();
            }
        }

        return null;
    }

    private static ushort Read16(ReadOnlySpan<byte> at, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(at) : BinaryPrimitives.ReadUInt16BigEndian(at);

    private static uint Read32(ReadOnlySpan<byte> at, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(at) : BinaryPrimitives.ReadUInt32BigEndian(at);
}
