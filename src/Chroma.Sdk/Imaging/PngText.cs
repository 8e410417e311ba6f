using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Chroma.Imaging;

/// <summary>
/// The text chunks of PNG (W3C Portable Network Graphics, section 11.3.3): tEXt where the text fits Latin-1, iTXt (UTF-8) where it
/// does not. Python's imaging library chooses in the same way, so whatever reads its files reads these.
/// </summary>
internal static class PngText
{
    private const int SignatureLength = 8;

    /// <summary>Length, type and CRC around a chunk's data.</summary>
    private const int ChunkOverhead = 12;

    /// <summary>A compressed text may grow to this many bytes and no further.</summary>
    private const int MaxInflated = 16 << 20;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Whether these bytes begin like a PNG.</summary>
    public static bool IsPng(ReadOnlySpan<byte> file) => file.StartsWith(Signature);

    /// <summary>Puts a text chunk behind the header chunk of a PNG.</summary>
    /// <param name="png">A whole PNG file.</param>
    /// <param name="keyword">The chunk's keyword, ASCII.</param>
    /// <param name="text">The text. NUL, which ends a text in the format, becomes U+FFFD.</param>
    public static byte[] Insert(ReadOnlySpan<byte> png, string keyword, string text)
    {
        byte[] chunk = BuildChunk(keyword, text.Replace('\0', '\uFFFD'));
        int headerEnd = SignatureLength + ChunkOverhead + BinaryPrimitives.ReadInt32BigEndian(png[SignatureLength..]);
        byte[] result = new byte[png.Length + chunk.Length];
        png[..headerEnd].CopyTo(result);
        chunk.CopyTo(result, headerEnd);
        png[headerEnd..].CopyTo(result.AsSpan(headerEnd + chunk.Length));
        return result;
    }

    /// <summary>Finds a text by its keyword, or gives null. Stops at the first thing that is not well formed.</summary>
    public static string? Find(ReadOnlySpan<byte> png, string keyword)
    {
        int position = SignatureLength;
        while (position <= png.Length - ChunkOverhead)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(png[position..]);
            if (length > png.Length - position - ChunkOverhead)
            {
                return null;
            }

            ReadOnlySpan<byte> type = png.Slice(position + 4, 4);
            ReadOnlySpan<byte> data = png.Slice(position + 8, (int)length);
            int end = data.IndexOf((byte)0);
            if (end > 0 && Encoding.Latin1.GetString(data[..end]) == keyword && ReadText(type, data[(end + 1)..]) is { } text)
            {
                return text;
            }

            position += ChunkOverhead + (int)length;
        }

        return null;
    }

    private static byte[] BuildChunk(string keyword, string text)
    {
        bool latin = !text.AsSpan().ContainsAnyExceptInRange('\0', '\u00FF');
        byte[] key = Encoding.ASCII.GetBytes(keyword);
        byte[] data = latin
            ? [.. "tEXt"u8, .. key, 0, .. Encoding.Latin1.GetBytes(text)]
            : [.. "iTXt"u8, .. key, 0, /* not compressed */ 0, 0, /* no language, no translated keyword */ 0, 0, .. Encoding.UTF8.GetBytes(text)];
        byte[] chunk = new byte[data.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length - 4);
        data.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(data.Length + 4), Crc32.Compute(data));
        return chunk;
    }

    /// <summary>Reads what stands behind the keyword and its NUL.</summary>
    private static string? ReadText(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        if (type.SequenceEqual("tEXt"u8))
        {
            return Encoding.Latin1.GetString(data);
        }

        if (type.SequenceEqual("zTXt"u8) && data.Length > 0)
        {
            return Inflate(data[1..]) is { } latin ? Encoding.Latin1.GetString(latin) : null;
        }

        if (!type.SequenceEqual("iTXt"u8) || data.Length < 4)
        {
            return null;
        }

        bool compressed = data[0] == 1;
        data = data[2..];
        for (int i = 0; i < 2; i++)
        {
            int end = data.IndexOf((byte)0);
            if (end < 0)
            {
                return null;
            }

            data = data[(end + 1)..];
        }

        return !compressed ? Encoding.UTF8.GetString(data) : Inflate(data) is { } utf8 ? Encoding.UTF8.GetString(utf8) : null;
    }

    private static byte[]? Inflate(ReadOnlySpan<byte> data)
    {
        try
        {
            using MemoryStream source = new(data.ToArray());
            using ZLibStream inflater = new(source, CompressionMode.Decompress);
            byte[] buffer = new byte[81920];
            using MemoryStream result = new();
            for (int read = inflater.Read(buffer); read > 0; read = inflater.Read(buffer))
            {
                result.Write(buffer, 0, read);
                if (result.Length > MaxInflated)
                {
                    return null;
                }
            }

            return result.ToArray();
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
