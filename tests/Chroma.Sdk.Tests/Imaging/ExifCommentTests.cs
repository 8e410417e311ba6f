using System.Buffers.Binary;
using System.Text;
using Chroma.Imaging;
using Xunit;

namespace Chroma.Sdk.Tests.Imaging;

/// <summary>Comments in UTF-16 of either byte order, in blocks of either.</summary>
public sealed class ExifCommentTests
{
    private const string Settings = "\nSteps: 4, Sampler: euler, CFG scale: 4, Seed: 7, Size: 64x64";

    public static TheoryData<string> Prompts =>
    [
        "a cat, sitting",
        "日本語の猫",
        new string('一', 400), // U+4E00: all low bytes are zero
        "一伀刀嘀愀搀氀\u7A00\u8C00\u9E00",
        "\u3000\u2000\u2100\u2200\u2500\u2600\uFF00\uAC00",
        "Ā䀀一猫 cat 😀",
        "\u0A0A\u200A", // line feeds in both orders
        "한국어 쀀",
    ];

    [Theory]
    [MemberData(nameof(Prompts))]
    public void Both_byte_orders_of_text_are_read_in_blocks_of_both(string prompt)
    {
        foreach (bool littleBlock in new[] { false, true })
        {
            foreach (bool littleText in new[] { false, true })
            {
                foreach (bool mark in new[] { false, true })
                {
                    byte[] comment = Comment(prompt + Settings, littleText, mark);

                    foreach (byte[] file in new[] { Jpeg(Block(comment, littleBlock)), Webp(Block(comment, littleBlock)) })
                    {
                        GenerationParameters read = ChromaImage.ReadParameters(file)!;
                        Assert.Equal((prompt, 7ul), (read.Prompt, read.Seed));
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Prompts))]
    public void Pictures_of_this_library_come_back_with_and_without_settings(string prompt)
    {
        foreach (ImageFormat format in new[] { ImageFormat.Jpeg, ImageFormat.Webp })
        {
            foreach (GenerationParameters parameters in new GenerationParameters[] { new() { Prompt = prompt, Seed = 7, Steps = 4 }, new() { Prompt = prompt }, new() { NegativePrompt = prompt, Seed = 7 } })
            {
                byte[] file = new ChromaImage(8, 8, new byte[192]) { Parameters = parameters }.Encode(format);

                Assert.Equal(parameters, ChromaImage.ReadParameters(file));
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Text_without_settings_is_that_of_the_block_and_latin_text_of_either_order(bool littleBlock)
    {
        foreach (string text in new[] { "a cat, sitting", "日本語の猫", "Zoë 😀" })
        {
            Assert.Equal(text, ChromaImage.ReadParameters(Jpeg(Block(Comment(text, littleBlock, mark: false), littleBlock)))!.Prompt);
        }

        Assert.Equal("a cat, sitting", ChromaImage.ReadParameters(Jpeg(Block(Comment("a cat, sitting", !littleBlock, mark: false), littleBlock, padding: 6)))!.Prompt);
    }

    [Fact]
    public void Text_of_other_codes_is_read()
    {
        foreach (string code in new[] { "ASCII\0\0\0", "\0\0\0\0\0\0\0\0", "UNICODE\0" })
        {
            byte[] comment = [.. Encoding.ASCII.GetBytes(code), .. Encoding.UTF8.GetBytes("é" + Settings + " ")];
            Assert.Equal(("é", 7ul), (ChromaImage.ReadParameters(Jpeg(Block(comment, little: true)))!.Prompt, ChromaImage.ReadParameters(Jpeg(Block(comment, little: true)))!.Seed));
        }
    }

    private static byte[] Comment(string text, bool little, bool mark)
    {
        UnicodeEncoding encoding = new(!little, mark);
        return [.. "UNICODE\0"u8, .. encoding.GetPreamble(), .. encoding.GetBytes(text)];
    }

    /// <summary>A block as the standard has it, with the comment after so many bytes of something else.</summary>
    private static byte[] Block(byte[] comment, bool little, int padding = 0)
    {
        byte[] block = new byte[44 + padding + comment.Length];
        void Put16(int at, int value)
        {
            if (little)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(at), (ushort)value);
            }
            else
            {
                BinaryPrimitives.WriteUInt16BigEndian(block.AsSpan(at), (ushort)value);
            }
        }

        void Put32(int at, int value)
        {
            Put16(at + (little ? 0 : 2), value & 0xFFFF);
            Put16(at + (little ? 2 : 0), value >> 16);
        }

        block[0] = block[1] = little ? (byte)'I' : (byte)'M';
        Put16(2, 42);
        Put32(4, 8);
        foreach ((int at, int tag, int type, int count, int value) in new[] { (8, 0x8769, 4, 1, 26), (26, 0x9286, 7, comment.Length, 44 + padding) })
        {
            Put16(at, 1);
            Put16(at + 2, tag);
            Put16(at + 4, type);
            Put32(at + 6, count);
            Put32(at + 10, value);
        }

        comment.CopyTo(block, 44 + padding);
        return block;
    }

    private static byte[] Jpeg(byte[] block)
    {
        byte[] jpeg = new ChromaImage(8, 8, new byte[192]).Encode(ImageFormat.Jpeg);
        int length = block.Length + 8;
        return [0xFF, 0xD8, 0xFF, 0xE1, (byte)(length >> 8), (byte)length, .. "Exif\0\0"u8, .. block, .. jpeg[2..]];
    }

    private static byte[] Webp(byte[] block)
    {
        byte[] webp = new ChromaImage(8, 8, new byte[192]).Encode(ImageFormat.Webp);
        byte[] size = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(size, block.Length);
        return [.. webp, .. "EXIF"u8, .. size, .. block, .. (block.Length % 2 == 0 ? [] : new byte[1])];
    }
}
