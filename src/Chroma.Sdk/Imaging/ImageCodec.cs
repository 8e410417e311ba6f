using System.Runtime.InteropServices;
using SkiaSharp;

namespace Chroma.Imaging;

/// <summary>Compresses and decompresses pictures through SkiaSharp.</summary>
internal static class ImageCodec
{
    /// <summary>More pixels than this (16,384 squared) are refused before memory is taken for them.</summary>
    private const long MaxPixels = 1L << 28;

    private const int BytesPerPixel = 4;

    /// <summary>Compresses RGB bytes.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> rgb, int width, int height, ImageFormat format, int quality)
    {
        ImageLibrary.Require();
        byte[] rgba = new byte[width * height * BytesPerPixel];
        for (int from = 0, to = 0; from < rgb.Length; from += 3, to += BytesPerPixel)
        {
            rgb.Slice(from, 3).CopyTo(rgba.AsSpan(to));
            rgba[to + 3] = 255;
        }

        SKImageInfo info = new(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using SKImage image = SKImage.FromPixelCopy(info, rgba, width * BytesPerPixel);
        using SKPixmap pixmap = image.PeekPixels();
        using SKData? data = format switch
        {
            ImageFormat.Png => pixmap.Encode(SKPngEncoderOptions.Default),
            ImageFormat.Jpeg => pixmap.Encode(new SKJpegEncoderOptions(quality)),
            _ => pixmap.Encode(new SKWebpEncoderOptions(
                quality == 100 ? SKWebpEncoderCompression.Lossless : SKWebpEncoderCompression.Lossy, quality)),
        };
        return data?.ToArray()
            ?? throw new NotSupportedException($"A picture of {width}x{height} pixels cannot be written as {format}.");
    }

    /// <summary>Decompresses a picture to RGB bytes, upright; transparency is dropped.</summary>
    /// <param name="file">A whole file.</param>
    /// <param name="name">What messages call it.</param>
    public static ChromaImage Decode(byte[] file, string name)
    {
        ImageLibrary.Require();
        using SKData data = SKData.CreateCopy(file);
        using SKCodec codec = SKCodec.Create(data)
            ?? throw new InvalidDataException($"{name} is not a picture in a known format; expected PNG, JPEG or WebP.");
        int width = codec.Info.Width;
        int height = codec.Info.Height;
        if ((long)width * height > MaxPixels)
        {
            throw new InvalidDataException($"{name} has {width}x{height} pixels, more than the {MaxPixels} that are read at most.");
        }

        SKImageInfo info = new(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul, SKColorSpace.CreateSrgb());
        using SKBitmap bitmap = new(info);
        SKCodecResult result = codec.GetPixels(info, bitmap.GetPixels());
        if (result != SKCodecResult.Success)
        {
            throw new InvalidDataException($"{name} is damaged or cut short ({result}).");
        }

        return Upright(bitmap.GetPixelSpan(), width, height, codec.EncodedOrigin);
    }

    /// <summary>Copies RGBA rows to RGB, turned as the file's orientation mark asks for.</summary>
    private static ChromaImage Upright(ReadOnlySpan<byte> rgba, int width, int height, SKEncodedOrigin origin)
    {
        bool swap = origin >= SKEncodedOrigin.LeftTop;
        bool flipX = origin is SKEncodedOrigin.TopRight or SKEncodedOrigin.BottomRight or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        bool flipY = origin is SKEncodedOrigin.BottomRight or SKEncodedOrigin.BottomLeft or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom;
        int newWidth = swap ? height : width;
        int newHeight = swap ? width : height;
        ReadOnlySpan<uint> pixels = MemoryMarshal.Cast<byte, uint>(rgba);
        byte[] rgb = new byte[pixels.Length * 3];
        int to = 0;
        for (int y = 0; y < newHeight; y++)
        {
            for (int x = 0; x < newWidth; x++)
            {
                int sourceX = swap ? y : x;
                int sourceY = swap ? x : y;
                sourceX = flipX ? width - 1 - sourceX : sourceX;
                sourceY = flipY ? height - 1 - sourceY : sourceY;
                uint pixel = pixels[(sourceY * width) + sourceX];
                rgb[to++] = (byte)pixel;
                rgb[to++] = (byte)(pixel >> 8);
                rgb[to++] = (byte)(pixel >> 16);
            }
        }

        return new ChromaImage(newWidth, newHeight, rgb);
    }
}
