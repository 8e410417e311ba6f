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

    private static ReadOnlySpan<byte> UnicodeMark => "UNICODE\0"u8;

    /// <summary>Builds the block.</summary>
    public static byte[] Build(string text)
    {
        byte[] comment = [.. UnicodeMark, .. Encoding.BigEndianUnicode.GetBytes(text)];
        byte[] block = new byte[HeaderLength + (2 * DirectoryLength) + comment.Length];
        "MM\0*"u8.CopyTo(block);
        BinaryPrimitives.WriteInt32BigEndian(block.AsSpan(4), HeaderLength);
        WriteDirectory(block.AsSpan(HeaderLength), ExifPointerTag, LongType, 1, HeaderLength + DirectoryLength);
        WriteDirectory(block.AsSpan(HeaderLength + DirectoryLength), UserCommentTag, UndefinedType, comment.Length, HeaderLength + (2 * DirectoryLength));
        comment.CopyTo(block, HeaderLength + (2 * DirectoryLength));
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

        // Writers disagree on the byte order here, whatever the block's is; most text has more zero bytes in its high halves.
        int bigZeros = 0;
        for (int i = 0; i + 1 < text.Length; i += 2)
        {
            bigZeros += (text[i] == 0 ? 1 : 0) - (text[i + 1] == 0 ? 1 : 0);
        }

        bool bigEndian = bigZeros > 0 || (bigZeros == 0 && !little);
        return (bigEndian ? Encoding.BigEndianUnicode : Encoding.Unicode).GetString(text).TrimEnd('\0');
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
