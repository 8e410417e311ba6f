namespace Chroma.Imaging;

/// <summary>Cuts interleaved RGB bytes to another size and enlarges them, always at the right and at the bottom.</summary>
internal static class PixelRows
{
    /// <summary>The upper left part of a picture.</summary>
    public static byte[] Crop(ReadOnlySpan<byte> rgb, int width, int newWidth, int newHeight)
    {
        byte[] part = new byte[newWidth * newHeight * PixelConversion.Channels];
        int row = width * PixelConversion.Channels, newRow = newWidth * PixelConversion.Channels;
        for (int y = 0; y < newHeight; y++)
        {
            rgb.Slice(y * row, newRow).CopyTo(part.AsSpan(y * newRow));
        }

        return part;
    }

    /// <summary>A larger picture whose new pixels repeat the last column and the last row.</summary>
    public static byte[] Extend(ReadOnlySpan<byte> rgb, int width, int height, int newWidth, int newHeight)
    {
        byte[] larger = new byte[newWidth * newHeight * PixelConversion.Channels];
        int row = width * PixelConversion.Channels, newRow = newWidth * PixelConversion.Channels;
        for (int y = 0; y < newHeight; y++)
        {
            ReadOnlySpan<byte> from = rgb.Slice(Math.Min(y, height - 1) * row, row);
            Span<byte> to = larger.AsSpan(y * newRow, newRow);
            from.CopyTo(to);
            for (int x = row; x < newRow; x++)
            {
                to[x] = to[x - PixelConversion.Channels];
            }
        }

        return larger;
    }
}
