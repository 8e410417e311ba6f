using System.Buffers.Binary;
using System.Text;
using Chroma.Models;
using Chroma.Testing;
using Xunit;

namespace Chroma.Interop.Tests;

public sealed class BadSafetensorsTests : IDisposable
{
    private const string FileName = "bad.safetensors";

    private const string Sound =
        """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]}}""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_file_that_the_others_are_made_from_is_sound()
    {
        using WeightsFile file = WeightsFile.Open(_folder.Write(FileName, File(Sound, 32)));

        Assert.Equal(["a", "b"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal("pt", file.Metadata["format"].AsString());
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        byte[] sound = File(Sound, 32);
        for (int length = 0; length < sound.Length; length++)
        {
            BadFiles.AssertRefused(_folder, FileName, sound.AsSpan(0, length));
        }
    }

    [Fact]
    public void A_file_with_any_byte_of_its_header_altered_is_refused_or_sound()
    {
        byte[] sound = File(Sound, 32);

        int refused = BadFiles.CountRefusedAlterations(_folder, FileName, sound, sound.Length - 32);

        Assert.InRange(refused, sound.Length, 3 * sound.Length);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL << 32)]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue)]
    public void A_header_length_that_lies_is_refused(ulong length)
    {
        byte[] bytes = File(Sound, 32);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);

        BadFiles.AssertRefused(_folder, FileName, bytes);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,20]}}""", "a")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[24,0]}}""", "a")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[-24,0]}}""", "a")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[9223372036854775800,9223372036854775807]}}""", "a")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[18446744073709551592,18446744073709551615]}}""", "a")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[16,40]}}""", "a")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0]}}""", "a")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24,48]}}""", "a")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2,3],"data_offsets":"0,24"}}""", "a")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2,3]}}""", "a")]
    public void Offsets_that_lie_are_refused(string header, string because) => Refuse(header, because);

    [Theory]
    [InlineData("[-2,-3]")]
    [InlineData("[2,3.5]")]
    [InlineData("[4294967296,4294967296]")]
    [InlineData("[9223372036854775807,9223372036854775807,4]")]
    [InlineData("[99999999999999999999]")]
    [InlineData("[1,1,1,1,1,1,1,2,3]")]
    [InlineData("[\"2\",3]")]
    [InlineData("6")]
    [InlineData("[0,9]")]
    [InlineData("[]")]
    public void Shapes_that_lie_are_refused(string shape) => Refuse($$$"""{"a":{"dtype":"F32","shape":{{{shape}}},"data_offsets":[0,24]}}""", "a");

    [Theory]
    [InlineData("\"F33\"")]
    [InlineData("\"\"")]
    [InlineData("32")]
    [InlineData("null")]
    public void Types_that_nobody_knows_are_refused(string type) => Refuse($$$"""{"a":{"dtype":{{{type}}},"shape":[2,3],"data_offsets":[0,24]}}""", "a");

    [Fact]
    public void Tensors_that_overlap_are_refused() => Refuse(
        """{"a":{"dtype":"F32","shape":[6],"data_offsets":[0,24]},"b":{"dtype":"F32","shape":[3],"data_offsets":[20,32]}}""", "the same bytes", 32);

    [Fact]
    public void Two_tensors_of_one_name_are_refused() => Refuse(
        """{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},"a":{"dtype":"F32","shape":[3],"data_offsets":[12,24]}}""", "a");

    [Theory]
    [InlineData("")]
    [InlineData("\\u0000")]
    [InlineData("a\\u0000b")]
    [InlineData("img_in\\nweight")]
    [InlineData("\\u001b[31m")]
    [InlineData("a\\u007f")]
    [InlineData("a\\u0085")]
    public void Names_with_control_characters_are_refused(string name)
    {
        Refuse($$$"""{"{{{name}}}":{"dtype":"F32","shape":[6],"data_offsets":[0,24]}}""", "control characters");
        Refuse($$$"""{"__metadata__":{"{{{name}}}":"x"},"a":{"dtype":"F32","shape":[6],"data_offsets":[0,24]}}""", "control characters");
    }

    [Theory]
    [InlineData("\\ud800")]
    [InlineData("\\udc00\\ud800")]
    public void Names_that_are_no_text_are_refused(string name) => Refuse($$$"""{"{{{name}}}":{"dtype":"F32","shape":[6],"data_offsets":[0,24]}}""", "surrogate");

    [Fact]
    public void Data_of_no_tensor_is_refused() => Refuse("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}""", "12");

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"a\":1}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]}}}")]
    [InlineData("{\"__metadata__\":7}")]
    [InlineData("{\"__metadata__\":{\"a\":7}}")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24],}}")]
    public void A_header_that_is_no_such_object_is_refused(string header) => Refuse(header, "");

    [Theory]
    [InlineData('[')]
    [InlineData('{')]
    public void A_header_nested_without_end_is_refused(char bracket)
    {
        string opening = bracket == '{' ? "{\"a\":" : "[";
        Refuse("{\"a\":" + string.Concat(Enumerable.Repeat(opening, 200_000)), "");
    }

    private static byte[] File(string header, int dataLength)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] file = new byte[sizeof(ulong) + json.Length + dataLength];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)json.Length);
        json.CopyTo(file, sizeof(ulong));
        return file;
    }

    private void Refuse(string header, string because, int dataLength = 24) =>
        BadFiles.AssertRefused(_folder, FileName, File(header, dataLength), because);
}
