using Chroma.Fuzz.Tests.Fuzzing;
using Chroma.Imaging;
using Xunit;

namespace Chroma.Fuzz.Tests;

/// <summary>Pictures come from anywhere: their pixels decode or are refused with <see cref="InvalidDataException"/>, their texts are found or not.</summary>
public sealed class PictureFuzzTests
{
    private static readonly GenerationParameters _parameters = new()
    {
        Prompt = "a red fox, 日本語 😀",
        NegativePrompt = "blurry",
        Steps = 28,
        Sampler = "euler",
        Scheduler = "beta",
        Guidance = 4.5,
        Seed = 42,
        Width = 16,
        Height = 8,
    };

    private static readonly byte[][] _words = Fuzzer.Words(
        "IHDR", "IDAT", "tEXt", "zTXt", "iTXt", "IEND", "parameters\0", "parameters\0\0", "parameters\0\u0001\0\0\0", "Exif\0\0", "MM\0*", "II*\0", "UNICODE\0",
        "EXIF", "VP8X", "RIFF", "WEBP");

    [Fact]
    public void Texts_in_pictures_are_found_or_not() =>
        new Fuzzer(nameof(Texts_in_pictures_are_found_or_not), Pictures(), _words, input => ChromaImage.ReadParameters(input), _ => false)
        {
            // A compressed text of PNG may inflate to 16 MiB.
            AllowedBytes = 256 << 20,
        }.Run();

    [Fact]
    public void Pixels_decode_or_are_refused() =>
        new Fuzzer(nameof(Pixels_decode_or_are_refused), Pictures(), _words, Decode, error => error is InvalidDataException)
        {
            // Pictures compress: as many pixels as the reader takes may stand in a small file. That bound is its own.
            AllowedBytes = 3L << 28,
        }.Run();

    private static List<byte[]> Pictures()
    {
        byte[] rgb = [.. Enumerable.Range(0, 16 * 8 * 3).Select(i => (byte)(i * 7))];
        ChromaImage image = new(16, 8, rgb) { Parameters = _parameters };
        ChromaImage latin = new(16, 8, rgb) { Parameters = _parameters with { Prompt = "a red fox" } };
        return
        [
            .. Enum.GetValues<ImageFormat>().Select(format => image.Encode(format)),
            .. Enum.GetValues<ImageFormat>().Select(format => latin.Encode(format)),
        ];
    }

    private static void Decode(byte[] input)
    {
        ChromaImage image = ChromaImage.Decode(input);
        Assert.Equal(image.Width * image.Height * 3, image.Pixels.Length);
    }
}
