namespace Chroma.Imaging;

/// <summary>Puts the text of generation parameters into an encoded picture, and finds it there again.</summary>
internal static class ImageMetadata
{
    /// <summary>The keyword under which AUTOMATIC1111's web UI keeps them in PNG.</summary>
    public const string Keyword = "parameters";

    /// <summary>Adds the text to an encoded picture.</summary>
    public static byte[] Insert(byte[] file, ImageFormat format, string text, int width, int height)
    {
        if (format == ImageFormat.Png)
        {
            return PngText.Insert(file, Keyword, text);
        }

        byte[] block = ExifComment.Build(text);
        if (format == ImageFormat.Webp)
        {
            return WebpExif.Insert(file, block, width, height);
        }

        if (block.Length > JpegExif.MaxBlock)
        {
            throw new ArgumentException(
                $"The generation parameters take {block.Length} bytes, but a JPEG holds {JpegExif.MaxBlock} at most; write a PNG or a WebP instead.");
        }

        return JpegExif.Insert(file, block);
    }

    /// <summary>Finds the text in a PNG, JPEG or WebP file, or gives null.</summary>
    public static string? Find(ReadOnlySpan<byte> file)
    {
        if (PngText.IsPng(file))
        {
            return PngText.Find(file, Keyword);
        }

        ReadOnlySpan<byte> block = JpegExif.IsJpeg(file) ? JpegExif.Find(file) : WebpExif.IsWebp(file) ? WebpExif.Find(file) : [];
        return ExifComment.Read(block);
    }
}
