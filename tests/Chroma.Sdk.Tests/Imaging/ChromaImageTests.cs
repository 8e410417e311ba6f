using System.Buffers.Binary;
using System.Text;
using Chroma.Imaging;
using Chroma.Tensors;
using SkiaSharp;
using Xunit;

namespace Chroma.Sdk.Tests.Imaging;

public sealed class ChromaImageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chroma-image").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(-1f, 0)]
    [InlineData(1f, 255)]
    [InlineData(0f, 128)]
    [InlineData(-0.9960f, 1)]
    [InlineData(-0.9962f, 0)]
    [InlineData(-7f, 0)]
    [InlineData(7f, 255)]
    [InlineData(float.NaN, 0)]
    [InlineData(float.PositiveInfinity, 255)]
    [InlineData(float.NegativeInfinity, 0)]
    public void A_value_becomes_the_nearest_byte(float value, byte expected) =>
        Assert.Equal(expected, ChromaImage.FromTensor(new FloatTensor([value, value, value], 3, 1, 1)).Pixels.Span[1]);

    [Fact]
    public void Planes_become_interleaved_pixels_and_come_back()
    {
        float[] planes = [.. Enumerable.Range(0, 36).Select(i => (2 * (i * 7 / 255f)) - 1)];
        FloatTensor batch = new(planes, 2, 3, 2, 3);
        ChromaImage second = ChromaImage.FromTensor(batch, 1);
        Assert.Equal((3, 2), (second.Width, second.Height));
        Assert.Equal([18 * 7, 24 * 7, 30 * 7, 19 * 7, 25 * 7 % 256], second.Pixels.Span[..5].ToArray().Select(b => (int)b));
        FloatTensor back = second.ToTensor();
        Assert.Equal([1, 3, 2, 3], back.Shape);
        Assert.Equal(planes[18..], back.Span.ToArray());
    }

    [Fact]
    public void Every_byte_survives_the_way_to_floats_and_back()
    {
        ChromaImage image = Sample(16, 16);
        Assert.Equal(image.Pixels.ToArray(), ChromaImage.FromTensor(image.ToTensor()).Pixels.ToArray());
    }

    [Fact]
    public void A_tensor_of_another_shape_is_refused()
    {
        Assert.Throws<ArgumentException>(() => ChromaImage.FromTensor(new FloatTensor(4, 2, 2)));
        Assert.Throws<ArgumentException>(() => ChromaImage.FromTensor(new FloatTensor(2, 2)));
        Assert.Throws<ArgumentException>(() => ChromaImage.FromTensor(new FloatTensor(3, 0, 2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => ChromaImage.FromTensor(new FloatTensor(3, 2, 2), 1));
        Assert.Throws<ArgumentException>(() => new ChromaImage(2, 2, new byte[11]));
    }

    [Theory]
    [InlineData("plain words", "tEXt")]
    [InlineData("Zoë, naïve café", "tEXt")]
    [InlineData("日本語 😀 \"quoted\"", "iTXt")]
    [InlineData("with\0a zero", "iTXt")]
    public void A_png_carries_its_parameters_in_a_chunk_with_the_right_checksum(string prompt, string chunkType)
    {
        GenerationParameters parameters = new() { Prompt = prompt, Steps = 4, Sampler = "euler", Seed = 7, Guidance = 4 };
        ChromaImage plain = Sample(20, 12);
        byte[] without = plain.Encode(ImageFormat.Png);
        byte[] with = new ChromaImage(20, 12, plain.Pixels.ToArray()) { Parameters = parameters }.Encode(ImageFormat.Png);

        List<(string Type, byte[] Data)> chunks = Chunks(with);
        Assert.Equal("IHDR", chunks[0].Type);
        Assert.Equal("IEND", chunks[^1].Type);
        Assert.Equal(chunkType, chunks[1].Type);
        Assert.StartsWith("parameters\0", Encoding.Latin1.GetString(chunks[1].Data), StringComparison.Ordinal);
        Assert.Equal(Chunks(without).Select(chunk => chunk.Type), chunks.Where((_, i) => i != 1).Select(chunk => chunk.Type));

        using SKBitmap bitmap = SKBitmap.Decode(with);
        Assert.Equal(plain.Pixels.Span[0], bitmap.GetPixel(0, 0).Red);
        ChromaImage read = ChromaImage.Decode(with);
        Assert.Equal(plain.Pixels.ToArray(), read.Pixels.ToArray());
        Assert.Equal(parameters, read.Parameters);
    }

    [Theory]
    [InlineData(ImageFormat.Jpeg, 95)]
    [InlineData(ImageFormat.Webp, 90)]
    [InlineData(ImageFormat.Webp, 100)]
    public void Jpeg_and_webp_carry_their_parameters_as_an_exif_comment(ImageFormat format, int quality)
    {
        GenerationParameters parameters = new() { Prompt = "odd length, 日本語 Zoë", Steps = 4, Sampler = "euler", Seed = 7, Guidance = 4 };
        ChromaImage plain = Smooth(33, 17);
        ChromaImage with = new(33, 17, plain.Pixels.ToArray()) { Parameters = parameters };
        byte[] file = with.Encode(format, quality);
        ChromaImage read = ChromaImage.Decode(file);
        Assert.Equal(parameters, read.Parameters);
        Assert.Equal(ChromaImage.Decode(plain.Encode(format, quality)).Pixels.ToArray(), read.Pixels.ToArray());
        Assert.Null(ChromaImage.ReadParameters(plain.Encode(format, quality)));
        int worst = read.Pixels.ToArray().Zip(plain.Pixels.ToArray(), (a, b) => Math.Abs(a - b)).Max();
        Assert.True(worst <= (quality == 100 ? 0 : 30), $"a pixel is {worst} off");
    }

    [Fact]
    public void A_jpeg_refuses_parameters_that_do_not_fit()
    {
        ChromaImage image = new(1, 1, [1, 2, 3]) { Parameters = new GenerationParameters { Prompt = new string('x', 40000) } };
        Assert.Throws<ArgumentException>(() => image.Encode(ImageFormat.Jpeg));
        Assert.Equal(40000, ChromaImage.ReadParameters(image.Encode(ImageFormat.Webp))!.Prompt.Length);
        Assert.Equal(40000, ChromaImage.ReadParameters(image.Encode(ImageFormat.Png))!.Prompt.Length);
    }

    [Theory]
    [InlineData("a.png")]
    [InlineData("ä 日本.PNG")]
    [InlineData("b.jpg")]
    [InlineData("c.JPEG")]
    [InlineData("d.webp")]
    public async Task Saving_takes_the_format_from_the_name_and_leaves_nothing_else(string name)
    {
        string path = Path.Combine(_folder, name);
        await File.WriteAllTextAsync(path, "older");
        ChromaImage image = Smooth(8, 8);
        image.Save(path);
        Assert.Equal(8, ChromaImage.Load(path).Width);
        await image.SaveAsync(path);
        Assert.Equal(ChromaImage.FormatOf(path) == ImageFormat.Png, ChromaImage.Load(path).Pixels.Span.SequenceEqual(image.Pixels.Span));
        Assert.Equal([path], Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task What_cannot_be_written_leaves_what_was_there()
    {
        ChromaImage image = Sample(4, 4);
        Assert.Contains(".gif", Assert.Throws<ArgumentException>(() => image.Save(Path.Combine(_folder, "x.gif"))).Message, StringComparison.Ordinal);
        string missing = Path.Combine(_folder, "none", "x.png");
        Assert.Contains(missing, Assert.Throws<IOException>(() => image.Save(missing)).Message, StringComparison.Ordinal);
        string folder = Directory.CreateDirectory(Path.Combine(_folder, "y.png")).FullName;
        Assert.Throws<IOException>(() => image.Save(folder));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => image.SaveAsync(Path.Combine(_folder, "z.png"), cancellationToken: new CancellationToken(true)));
        Assert.Empty(Directory.GetFiles(_folder));
        Assert.Throws<ArgumentOutOfRangeException>(() => image.Encode(ImageFormat.Jpeg, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => image.Encode((ImageFormat)9));
    }

    [Fact]
    public void A_picture_too_large_for_a_format_is_refused_in_a_sentence() =>
        Assert.Contains("20000x1", Assert.Throws<NotSupportedException>(() => new ChromaImage(20000, 1, new byte[60000]).Encode(ImageFormat.Webp)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(ImageFormat.Png)]
    [InlineData(ImageFormat.Jpeg)]
    [InlineData(ImageFormat.Webp)]
    public void A_damaged_file_gives_an_error_or_a_picture_and_nothing_worse(ImageFormat format)
    {
        byte[] whole = new ChromaImage(9, 9, Smooth(9, 9).Pixels.ToArray()) { Parameters = new() { Prompt = "日" } }.Encode(format);
        Random random = new(3);
        for (int length = 0; length < whole.Length; length++)
        {
            TryDecode(whole[..length]);
            byte[] changed = [.. whole];
            changed[length] = (byte)random.Next(256);
            TryDecode(changed);
        }

        string path = Path.Combine(_folder, "x.png");
        File.WriteAllText(path, "no picture");
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => ChromaImage.Load(path)).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => ChromaImage.Load(path + "x"));
    }

    [Fact]
    public void A_picture_that_its_file_marks_as_turned_is_set_upright()
    {
        byte[] jpeg = Smooth(48, 16).Encode(ImageFormat.Jpeg, 100);

        // An EXIF block with nothing but orientation 6: turn it right by a quarter to see it upright.
        byte[] exif = [.. "Exif\0\0MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
        byte[] turned = [0xFF, 0xD8, 0xFF, 0xE1, 0, (byte)(exif.Length + 2), .. exif, .. jpeg[2..]];
        ChromaImage flat = ChromaImage.Decode(jpeg);
        ChromaImage upright = ChromaImage.Decode(turned);
        Assert.Equal((16, 48), (upright.Width, upright.Height));
        Assert.Equal(flat.Pixels.Slice(15 * 48 * 3, 3).ToArray(), upright.Pixels[..3].ToArray());
        Assert.Equal(flat.Pixels[..3].ToArray(), upright.Pixels.Slice(15 * 3, 3).ToArray());
    }

    private static void TryDecode(byte[] file)
    {
        try
        {
            ChromaImage.Decode(file);
        }
        catch (InvalidDataException)
        {
            // One clear sentence, which is all that is asked for.
        }
    }

    private static List<(string Type, byte[] Data)> Chunks(byte[] png)
    {
        List<(string, byte[])> chunks = [];
        for (int at = 8; at < png.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            Assert.Equal(CrcBitByBit(png.AsSpan(at + 4, length + 4)), BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(at + 8 + length)));
            chunks.Add((Encoding.ASCII.GetString(png, at + 4, 4), png[(at + 8)..(at + 8 + length)]));
            at += length + 12;
        }

        return chunks;
    }

    private static uint CrcBitByBit(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0xEDB88320 & (uint)-(int)(crc & 1));
            }
        }

        return ~crc;
    }

    /// <summary>Pixels in which every byte value occurs.</summary>
    private static ChromaImage Sample(int width, int height) =>
        new(width, height, [.. Enumerable.Range(0, width * height * 3).Select(i => (byte)(i * 37))]);

    /// <summary>Pixels that lossy formats keep well, brighter to the right and bluer to the bottom.</summary>
    private static ChromaImage Smooth(int width, int height) => new(width, height, [.. Enumerable.Range(0, width * height)
        .SelectMany(i => new[] { (byte)(100 + (i % width * 2)), (byte)(100 + (i % width * 2)), (byte)(100 + (i / width * 2)) })]);
}
