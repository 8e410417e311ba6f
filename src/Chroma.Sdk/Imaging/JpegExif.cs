using System.Buffers.Binary;

namespace Chroma.Imaging;

/// <summary>The EXIF block of a JPEG file: an APP1 segment that begins with "Exif".</summary>
internal static class JpegExif
{
    /// <summary>The largest block: a segment's length, which counts itself, has 16 bits.</summary>
    public const int MaxBlock = ushort.MaxValue - 2 - 6;

    private const byte App0 = 0xE0;
    private const byte App1 = 0xE1;
    private const byte StartOfScan = 0xDA;

    private static ReadOnlySpan<byte> Mark => "Exif\0\0"u8;

    /// <summary>Whether these bytes begin like a JPEG.</summary>
    public static bool IsJpeg(ReadOnlySpan<byte> file) => file.StartsWith([(byte)0xFF, (byte)0xD8, (byte)0xFF]);

    /// <summary>Puts an EXIF block into a JPEG, behind the JFIF segment if there is one.</summary>
    public static byte[] Insert(ReadOnlySpan<byte> jpeg, ReadOnlySpan<byte> block)
    {
        int at = 2;
        if (jpeg[3] == App0)
        {
            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(jpeg[4..]);
        }

        int length = 2 + Mark.Length + block.Length;
        return [.. jpeg[..at], 0xFF, App1, (byte)(length >> 8), (byte)length, .. Mark, .. block, .. jpeg[at..]];
    }

    /// <summary>Finds the EXIF block, or gives an empty span.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> jpeg)
    {
        int position = 2;
        while (position + 4 <= jpeg.Length && jpeg[position] == 0xFF && jpeg[position + 1] != StartOfScan)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(jpeg[(position + 2)..]);
            if (length < 2 || position + 2 + length > jpeg.Length)
            {
                break;
            }

            ReadOnlySpan<byte> data = jpeg.Slice(position + 4, length - 2);
            if (jpeg[position + 1] == App1 && data.StartsWith(Mark))
            {
                return data[Mark.Length..];
            }

            position += 2 + length;
        }

        return [];
    }
}
