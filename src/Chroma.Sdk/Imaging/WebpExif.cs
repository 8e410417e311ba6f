using System.Buffers.Binary;

namespace Chroma.Imaging;

/// <summary>The EXIF block of a WebP file: a chunk of its RIFF container, announced by a flag in the VP8X chunk in front.</summary>
internal static class WebpExif
{
    private const int HeaderLength = 12;
    private const byte ExifFlag = 0x08;

    /// <summary>Whether these bytes begin like a WebP.</summary>
    public static bool IsWebp(ReadOnlySpan<byte> file) =>
        file.Length >= HeaderLength && file.StartsWith("RIFF"u8) && file[8..12].SequenceEqual("WEBP"u8);

    /// <summary>Appends an EXIF block to a WebP and gives it the extended header that this needs.</summary>
    /// <param name="webp">A whole WebP file of one opaque picture.</param>
    /// <param name="block">The EXIF block.</param>
    /// <param name="width">The picture's width.</param>
    /// <param name="height">The picture's height.</param>
    public static byte[] Insert(ReadOnlySpan<byte> webp, ReadOnlySpan<byte> block, int width, int height)
    {
        ReadOnlySpan<byte> chunks = webp[HeaderLength..];
        byte[] extended = new byte[10];
        if (chunks.StartsWith("VP8X"u8))
        {
            chunks.Slice(8, 10).CopyTo(extended);
            chunks = chunks[18..];
        }
        else
        {
            Write24(extended.AsSpan(4), width - 1);
            Write24(extended.AsSpan(7), height - 1);
        }

        extended[0] |= ExifFlag;
        byte[] size = new byte[4];
        byte[] blockSize = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(blockSize, block.Length);
        byte[] padding = block.Length % 2 == 0 ? [] : [0];
        byte[] body = [.. "WEBPVP8X"u8, 10, 0, 0, 0, .. extended, .. chunks, .. "EXIF"u8, .. blockSize, .. block, .. padding];
        BinaryPrimitives.WriteInt32LittleEndian(size, body.Length);
        return [.. "RIFF"u8, .. size, .. body];
    }

    /// <summary>Finds the EXIF block, or gives an empty span.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> webp)
    {
        long position = HeaderLength;
        while (position + 8 <= webp.Length)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(webp[(int)(position + 4)..]);
            if (length > webp.Length - position - 8)
            {
                break;
            }

            if (webp.Slice((int)position, 4).SequenceEqual("EXIF"u8))
            {
                ReadOnlySpan<byte> block = webp.Slice((int)position + 8, (int)length);
                return block.StartsWith("Exif\0\0"u8) ? block[6..] : block;
            }

            position += 8 + length + (length % 2);
        }

        return [];
    }

    private static void Write24(Span<byte> at, int value)
    {
        at[0] = (byte)value;
        at[1] = (byte)(value >> 8);
        at[2] = (byte)(value >> 16);
    }
}
