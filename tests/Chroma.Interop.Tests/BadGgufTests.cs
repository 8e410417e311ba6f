using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Interop.Tests;

public sealed class BadGgufTests : IDisposable
{
    private const string FileName = "bad.gguf";
    private const uint Q4K = 12;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_file_that_the_others_are_made_from_is_sound()
    {
        using WeightsFile file = WeightsFile.Open(_folder.Write(FileName, Writer(null).ToArray()));

        Assert.Equal(WeightsContainer.Gguf, file.Container);
        Assert.Equal(["a", "b"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([1, 2, 3, 4, 5, 6], file.Read("a").Span);
        Assert.Equal("t5", file.Metadata["general.architecture"].AsString());
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        byte[] sound = Writer(null).ToArray();
        for (int length = 0; length < sound.Length; length++)
        {
            BadFiles.AssertRefused(_folder, FileName, sound.AsSpan(0, length));
        }
    }

    [Fact]
    public void A_file_with_any_byte_of_its_header_altered_is_refused_or_sound()
    {
        byte[] sound = Writer(null).ToArray();

        int refused = BadFiles.CountRefusedAlterations(_folder, FileName, sound, sound.Length - 48);

        Assert.InRange(refused, sound.Length / 2, 3 * sound.Length);
    }

    [Fact]
    public void Another_magic_is_refused() => Refuse(new GgufLies { Magic = [.. "GGJT"u8] });

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(99u)]
    [InlineData(0x03000000u)]
    public void Another_version_is_refused(uint version) => Refuse(new GgufLies { Version = version });

    [Theory]
    [InlineData(3UL)]
    [InlineData(1UL << 40)]
    [InlineData(ulong.MaxValue)]
    public void Counts_that_lie_are_refused(ulong count)
    {
        Refuse(new GgufLies { TensorCount = count });
        Refuse(new GgufLies { MetadataCount = count + 2 });
    }

    [Fact]
    public void Two_tensors_of_one_name_are_refused() => Refuse(new GgufLies { TensorName = "twin" }, "twin");

    [Fact]
    public void Two_metadata_entries_of_one_key_are_refused() =>
        BadFiles.AssertRefused(_folder, FileName, new GgufWriter().Add("key", 1u).Add("key", 2u).ToArray(), "key");

    [Theory]
    [InlineData("\0")]
    [InlineData("a\0b")]
    [InlineData("img_in\nweight")]
    [InlineData("\u001b[31m")]
    [InlineData("a\u007f")]
    [InlineData("a\u0085")]
    public void Names_with_control_characters_are_refused(string name)
    {
        BadFiles.AssertRefused(_folder, FileName, new GgufWriter().AddTensor(name, [1, 2, 3, 4], 4).ToArray(), "control characters");
        BadFiles.AssertRefused(_folder, FileName, new GgufWriter().Add(name, 1u).ToArray(), "control characters");
    }

    [Fact]
    public void Names_that_are_no_utf8_are_refused()
    {
        byte[] file = new GgufWriter().AddTensor("name", [1, 2, 3, 4], 4).ToArray();
        file[file.AsSpan().IndexOf("name"u8)] = 0xFF;

        BadFiles.AssertRefused(_folder, FileName, file, "tensor name");
    }

    [Theory]
    [InlineData(5u)]
    [InlineData(1000u)]
    [InlineData(uint.MaxValue)]
    public void Ranks_that_lie_are_refused(uint rank) => Refuse(new GgufLies { Rank = rank });

    [Fact]
    public void Shapes_that_lie_are_refused()
    {
        Refuse(new GgufLies { Shape = [7] }, "a");
        Refuse(new GgufLies { Shape = [1UL << 32, 1UL << 32] }, "a");
        Refuse(new GgufLies { Shape = [long.MaxValue, 2, 2] }, "a");
        Refuse(new GgufLies { Shape = [ulong.MaxValue] }, "a");
        Refuse(new GgufLies { Shape = [1UL << 62, 4] }, "a");
        Refuse(new GgufLies { Shape = [1UL << 61, 1] }, "a");
    }

    [Theory]
    [InlineData(16UL)]
    [InlineData(64UL)]
    [InlineData(1UL << 40)]
    [InlineData(ulong.MaxValue - 31)]
    [InlineData(1UL << 63)]
    public void Offsets_that_lie_are_refused(ulong offset) => Refuse(new GgufLies { Offset = offset });

    [Fact]
    public void Tensors_that_overlap_are_refused() => Refuse(new GgufLies { Offset = 0 }, "the same bytes");

    [Theory]
    [InlineData(4u)] // a type that ggml has taken out
    [InlineData(999u)]
    [InlineData(uint.MaxValue)]
    public void Types_that_nobody_knows_are_refused(uint type) => Refuse(new GgufLies { Type = type }, "a");

    [Fact]
    public void A_row_that_is_no_whole_number_of_blocks_is_refused() =>
        BadFiles.AssertRefused(_folder, FileName, new GgufWriter().AddTensor("crooked", Q4K, new byte[144], 2, 128).ToArray(), "crooked");

    [Theory]
    [InlineData(0u)]
    [InlineData(3u)]
    [InlineData(1u << 31)]
    public void An_alignment_that_is_none_is_refused(uint alignment) =>
        BadFiles.AssertRefused(_folder, FileName, new GgufWriter().Add("general.alignment", alignment).AddTensor("a", new float[8], 8).ToArray(), "general.alignment");

    [Theory]
    [InlineData(13u, new byte[] { 0, 0, 0, 0, 0, 0, 0, 0 })] // no such type
    [InlineData(9u, new byte[] { 99, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0 })] // an array of no such type
    [InlineData(9u, new byte[] { 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 })] // an array of arrays
    [InlineData(9u, new byte[] { 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F })] // an array without end
    [InlineData(9u, new byte[] { 8, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0 })] // more texts than there are bytes
    [InlineData(8u, new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF })] // a text without end
    public void Metadata_that_lies_is_refused(uint kind, byte[] value) =>
        BadFiles.AssertRefused(_folder, FileName, new GgufWriter().AddRaw("strange", kind, value).ToArray());

    [Fact]
    public void A_real_model_cut_anywhere_is_refused()
    {
        byte[] sound = Transformer();
        for (int length = 0; length < sound.Length; length += 9973)
        {
            BadFiles.AssertRefused(_folder, FileName, sound.AsSpan(0, length));
        }

        BadFiles.AssertRefused(_folder, FileName, sound.AsSpan(0, sound.Length - 1));
    }

    private static byte[] Transformer()
    {
        GgufWriter writer = new();
        writer.Add("general.architecture", "chroma");
        using SafetensorsFile file = SafetensorsFile.Open(TinyModels.TransformerPath);
        foreach (SafetensorsTensor tensor in file.Tensors)
        {
            writer.AddTensor(tensor.Name, file.ReadFloats(tensor.Name).Span.ToArray(), [.. tensor.Shape.Select(length => (int)length)]);
        }

        return writer.ToArray();
    }

    // Two tensors of 24 and 16 bytes, the second 32 bytes behind the first.
    private static GgufWriter Writer(GgufLies? lies) => new GgufWriter { Lies = lies }
        .Add("general.architecture", "t5")
        .Add("tokenizer.ggml.tokens", ["<pad>", "</s>"])
        .AddTensor("a", [1, 2, 3, 4, 5, 6], 2, 3)
        .AddTensor("b", [1, 2, 3, 4], 4);

    private void Refuse(GgufLies lies, string because = "") => BadFiles.AssertRefused(_folder, FileName, Writer(lies).ToArray(), because);
}
