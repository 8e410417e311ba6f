using Chroma.Files;
using Chroma.Tensors;

namespace Chroma.Imaging;

/// <summary>A picture: RGB, 8 bits a channel, and how it was made. It does not change, so threads may share it.</summary>
public sealed class ChromaImage
{
    /// <summary>The quality at which lossy formats are written unless told otherwise.</summary>
    public const int DefaultQuality = 95;

    private readonly byte[] _pixels;

    /// <summary>Makes a picture from pixels.</summary>
    /// <param name="width">Pixels in a row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="pixels">Red, green, blue for each pixel, row by row from the top; the picture keeps this array.</param>
    /// <exception cref="ArgumentException">The array does not have width x height x 3 bytes.</exception>
    public ChromaImage(int width, int height, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        long expected = (long)width * height * PixelConversion.Channels;
        if (pixels.Length != expected)
        {
            throw new ArgumentException($"A picture of {width}x{height} pixels has {expected} bytes, but the array has {pixels.Length}.", nameof(pixels));
        }

        Width = width;
        Height = height;
        _pixels = pixels;
    }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Red, green, blue for each pixel, row by row from the top.</summary>
    public ReadOnlyMemory<byte> Pixels => _pixels;

    /// <summary>How the picture was made, or null. Written into files with it.</summary>
    public GenerationParameters? Parameters { get; init; }

    /// <summary>Makes a picture from the autoencoder's output.</summary>
    /// <param name="tensor">
    /// [3, H, W] or [B, 3, H, W], values in -1..1. Values outside are cut off at the ends, halves are rounded to even, and what is not a number
    /// becomes 0.
    /// </param>
    /// <param name="index">Which picture of a batch.</param>
    /// <exception cref="ArgumentException">The tensor has another shape.</exception>
    public static ChromaImage FromTensor(FloatTensor tensor, int index = 0)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ReadOnlySpan<int> shape = tensor.Shape;
        if (shape.Length is not (3 or 4) || shape[^3] != PixelConversion.Channels || shape[^2] < 1 || shape[^1] < 1)
        {
            throw new ArgumentException($"The tensor has the shape {tensor}; expected [3, H, W] or [B, 3, H, W].", nameof(tensor));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, shape.Length == 4 ? shape[0] : 1);
        int pixels = shape[^1] * shape[^2];
        int values = pixels * PixelConversion.Channels;
        return new ChromaImage(shape[^1], shape[^2], PixelConversion.ToBytes(tensor.Span.Slice(index * values, values), pixels));
    }

    /// <summary>The picture as the autoencoder's encoder takes it.</summary>
    /// <returns>[1, 3, H, W], values in -1..1.</returns>
    public FloatTensor ToTensor() => PixelConversion.ToTensor(_pixels, Width, Height);

    /// <summary>Cuts out the upper left part, which keeps the <see cref="Parameters"/>.</summary>
    /// <param name="width">Its width, 1 to <see cref="Width"/>.</param>
    /// <param name="height">Its height, 1 to <see cref="Height"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part is empty, or larger than the picture.</exception>
    public ChromaImage Crop(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, Width);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, Height);
        return (width, height) == (Width, Height) ? this : new ChromaImage(width, height, PixelRows.Crop(_pixels, Width, width, height)) { Parameters = Parameters };
    }

    /// <summary>The picture with its last column and row repeated until its sides are these.</summary>
    internal ChromaImage Extend(int width, int height) => (width, height) == (Width, Height)
        ? this
        : new ChromaImage(width, height, PixelRows.Extend(_pixels, Width, Height, width, height)) { Parameters = Parameters };

    /// <summary>Reads a PNG, JPEG or WebP file. Transparency is dropped, and a picture that its file marks as turned is set upright.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is not a picture, or is damaged. The message names it.</exception>
    public static ChromaImage Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return FromFile(InputFile.ReadAllBytes(path, Array.MaxLength), $"'{path}'");
    }

    /// <summary>Reads a picture from the bytes of a PNG, JPEG or WebP file.</summary>
    /// <param name="file">The whole file.</param>
    /// <exception cref="InvalidDataException">It is not a picture, or is damaged.</exception>
    public static ChromaImage Decode(ReadOnlySpan<byte> file) => FromFile(file.ToArray(), "The data");

    /// <summary>Reads the generation parameters out of a PNG, JPEG or WebP file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The parameters, or null where the file carries none.</returns>
    public static GenerationParameters? ReadParameters(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return ReadParameters(InputFile.ReadAllBytes(path, Array.MaxLength));
    }

    /// <inheritdoc cref="ReadParameters(string)"/>
    /// <param name="file">The whole file.</param>
    public static GenerationParameters? ReadParameters(ReadOnlySpan<byte> file) =>
        ImageMetadata.Find(file) is { } text ? GenerationParameters.Parse(text) : null;

    /// <summary>Writes the picture, with its <see cref="Parameters"/>, as the bytes of a file.</summary>
    /// <param name="format">The format.</param>
    /// <param name="quality">1 to 100 for JPEG and WebP (100 makes a WebP lossless); PNG ignores it.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="quality"/> is out of range.</exception>
    /// <exception cref="NotSupportedException">The format cannot hold a picture of this size (WebP ends at 16,383 pixels a side).</exception>
    public byte[] Encode(ImageFormat format, int quality = DefaultQuality)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        if (!Enum.IsDefined(format))
        {
            throw new ArgumentOutOfRangeException(nameof(format), format, "Expected Png, Jpeg or Webp.");
        }

        byte[] file = ImageCodec.Encode(_pixels, Width, Height, format, quality);
        return Parameters is null ? file : ImageMetadata.Insert(file, format, Parameters.ToString(), Width, Height);
    }

    /// <summary>Writes the picture to a stream.</summary>
    /// <param name="stream">Where to; it stays open.</param>
    /// <param name="format">The format.</param>
    /// <param name="quality">See <see cref="Encode"/>.</param>
    public void Save(Stream stream, ImageFormat format, int quality = DefaultQuality)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Write(Encode(format, quality));
    }

    /// <summary>Writes the picture to a file, in the format that its extension names.</summary>
    /// <remarks>
    /// The bytes go to a temporary file beside it, which then takes its place: a half-written picture never stands there. Permissions of the file
    /// replaced are kept, and so is a symbolic link that leads to it. A pipe or a device is written to.
    /// </remarks>
    /// <param name="path">The file: .png, .jpg, .jpeg or .webp. What stands there is replaced.</param>
    /// <param name="quality">See <see cref="Encode"/>.</param>
    /// <exception cref="ArgumentException">The extension is another one.</exception>
    /// <exception cref="IOException">The file cannot be written. The message names it.</exception>
    public void Save(string path, int quality = DefaultQuality) => OutputStream.WriteAll(path, Encode(FormatOf(path), quality));

    /// <inheritdoc cref="Save(string, int)"/>
    /// <param name="path">The file: .png, .jpg, .jpeg or .webp. What stands there is replaced.</param>
    /// <param name="quality">See <see cref="Encode"/>.</param>
    /// <param name="cancellationToken">Stops writing; what stood there before stays.</param>
    public async Task SaveAsync(string path, int quality = DefaultQuality, CancellationToken cancellationToken = default)
    {
        byte[] file = Encode(FormatOf(path), quality);
        await Task.Run(() => OutputStream.WriteAll(path, file, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The format that a file's extension names: .png, .jpg, .jpeg or .webp, in any case.</summary>
    /// <param name="path">The file; it need not exist.</param>
    /// <exception cref="ArgumentException">The extension is another one.</exception>
    public static ImageFormat FormatOf(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string extension = Path.GetExtension(path);
        return extension.ToUpperInvariant() switch
        {
            ".PNG" => ImageFormat.Png,
            ".JPG" or ".JPEG" => ImageFormat.Jpeg,
            ".WEBP" => ImageFormat.Webp,
            _ => throw new ArgumentException($"'{path}' has the extension '{extension}'; expected .png, .jpg, .jpeg or .webp.", nameof(path)),
        };
    }

    private static ChromaImage FromFile(byte[] file, string name)
    {
        ChromaImage image = ImageCodec.Decode(file, name);
        return new ChromaImage(image.Width, image.Height, image._pixels) { Parameters = ReadParameters(file) };
    }
}
