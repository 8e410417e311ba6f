using System.Buffers.Binary;
using System.Text;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Sdk.Tests.Tensors;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_of_the_reference_library_is_read()
    {
        using SafetensorsFile file = Golden.Open("07_schedules_comfy");
        FloatTensor sigmas = file.ReadFloats("flux1.15.simple.2");
        Assert.Equal([3], sigmas.Shape.ToArray());
        Assert.Equal(1f, sigmas.Span[0]);
        Assert.Equal(0f, sigmas.Span[2]);
    }

    [Theory]
    [InlineData("F64", "000000000000F83F000000000000F0FF", new[] { 1.5f, float.NegativeInfinity })]
    [InlineData("F32", "0000C03F000000C0", new[] { 1.5f, -2f })]
    [InlineData("F16", "003E00C00100FF7B", new[] { 1.5f, -2f, 5.9604645e-8f, 65504f })]
    [InlineData("BF16", "C03F00C0803F", new[] { 1.5f, -2f, 1f })]
    [InlineData("F8_E4M3", "3CC0017E7FFF0880", new[] { 1.5f, -2f, 0.001953125f, 448f, float.NaN, float.NaN, 0.015625f, -0f })]
    [InlineData("F8_E5M2", "3EC0017B7C04", new[] { 1.5f, -2f, 1.52587890625e-5f, 57344f, float.PositiveInfinity, 6.103515625e-5f })]
    [InlineData("I64", "0200000000000000FEFFFFFFFFFFFFFF", new[] { 2f, -2f })]
    [InlineData("I32", "02000000FEFFFFFF", new[] { 2f, -2f })]
    [InlineData("I16", "0200FEFF", new[] { 2f, -2f })]
    [InlineData("I8", "02FE", new[] { 2f, -2f })]
    [InlineData("U8", "02FE", new[] { 2f, 254f })]
    [InlineData("BOOL", "000102", new[] { 0f, 1f, 1f })]
    public void Every_type_is_read_as_float32(string type, string hexadecimal, float[] expected)
    {
        using SafetensorsFile file = SafetensorsFile.Open(Write(
            $$$"""{"x":{"dtype":"{{{type}}}","shape":[{{{expected.Length}}}],"data_offsets":[0,{{{hexadecimal.Length / 2}}}]}}""", Convert.FromHexString(hexadecimal)));
        Assert.Equal(
            expected.Select(BitConverter.SingleToUInt32Bits),
            file.ReadFloats("x").Span.ToArray().Select(value => float.IsNaN(value) ? BitConverter.SingleToUInt32Bits(float.NaN) : BitConverter.SingleToUInt32Bits(value)));
        Assert.Equal(hexadecimal, Convert.ToHexString(file.ReadBytes("x")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\\u0000")]
    [InlineData("a\\u0000b")]
    [InlineData("a\\nb")]
    [InlineData("a\\u0085")]
    public void Names_with_control_characters_are_refused(string name)
    {
        string path = Write($$$"""{"{{{name}}}":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", new byte[4]);
        Assert.Contains("control characters", Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(path)).Message, StringComparison.Ordinal);

        path = Write($$$"""{"__metadata__":{"{{{name}}}":"x"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", new byte[4]);
        Assert.Contains("control characters", Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_with_control_characters_is_not_written() => Assert.Throws<ArgumentException>(() => new SafetensorsWriter().Add("a\0b", new FloatTensor(1)));

    [Fact]
    public void Integers_are_read_exactly_and_narrowed_only_where_they_fit()
    {
        byte[] data = new byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(data, 5);
        BinaryPrimitives.WriteInt64LittleEndian(data.AsSpan(8), 1L << 40);
        using SafetensorsFile file = SafetensorsFile.Open(Write("""{"ids":{"dtype":"I64","shape":[2],"data_offsets":[0,16]}}""", data));
        Assert.Equal([5L, 1L << 40], file.ReadInt64("ids"));
        var exception = Assert.Throws<SafetensorsException>(() => file.ReadInt32("ids"));
        Assert.Contains("element 1 of tensor 'ids' is 1099511627776", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Floats_are_not_read_as_integers()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Write("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", new byte[4]));
        Assert.Contains("'x' holds F32, expected integers", Assert.Throws<SafetensorsException>(() => file.ReadInt64("x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_tensor_is_answered_with_what_there_is()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Write("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", new byte[4]));
        Assert.False(file.Contains("y"));
        Assert.Contains("has no tensor 'y'; it has 'x'.", Assert.Throws<SafetensorsException>(() => file.ReadFloats("y")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("nonsense", "not valid JSON")]
    [InlineData("{\"x\":", "not valid JSON")]
    [InlineData("[]", "expected an object")]
    [InlineData("""{"x\ud800":{}}""", "not valid JSON")]
    [InlineData("""{"x":[]}""", "header of tensor 'x' is incomplete")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2]}}""", "header of tensor 'x' is incomplete")]
    [InlineData("""{"x":{"dtype":4,"shape":[2],"data_offsets":[0,8]}}""", "header of tensor 'x' is incomplete")]
    [InlineData("""{"x":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}""", "the type 'F33', expected one of F64, F32")]
    [InlineData("""{"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "the shape of tensor 'x' contains -2")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", "the shape of tensor 'x' contains 2.5")]
    [InlineData("""{"x":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}""", "the shape of tensor 'x' contains \"2\"")]
    [InlineData("""{"x":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}""", "the shape of tensor 'x' contains 99999999999999999999")]
    [InlineData("""{"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}""", "more elements than any file can hold")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2147483648,2147483648,4],"data_offsets":[0,8]}}""", "more elements than any file can hold")]
    [InlineData("""{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "takes 8 bytes, expected 12")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "an end that is not before it")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}""", "an end that is not before it")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", "the data_offsets of tensor 'x' contains -8")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", "ends at byte 12 of the data, but the file has only 8")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[9223372036854775799,9223372036854775807]}}""", "the file has only 8")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "'x' and 'y' overlap")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "4 bytes before tensor 'x'")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "4 bytes after the last tensor")]
    [InlineData("{}", "8 bytes after the last tensor")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "uplicate")]
    [InlineData("""{"__metadata__":3,"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "expected an object of strings")]
    [InlineData("""{"__metadata__":{"a":1},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "the metadata 'a' is a JSON Number")]
    public void A_header_that_lies_is_refused(string header, string complaint)
    {
        string path = Write(header, new byte[8]);
        var exception = Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(path));
        Assert.Contains(complaint, exception.Message, StringComparison.Ordinal);
        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
        File.Delete(path);
    }

    [Fact]
    public void A_header_that_is_not_UTF8_is_refused()
    {
        string path = _folder.File("bytes.safetensors");
        File.WriteAllBytes(path, [4, 0, 0, 0, 0, 0, 0, 0, (byte)'{', 0xC0, 0xAF, (byte)'}']);
        Assert.Contains("not UTF-8", Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    [InlineData(100_000_001UL)]
    [InlineData(3UL)]
    public void A_header_length_past_the_end_of_the_file_is_refused(ulong length)
    {
        string path = _folder.File("length.safetensors");
        byte[] bytes = new byte[10];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        File.WriteAllBytes(path, bytes);
        var exception = Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(path));
        Assert.Contains($"announces a header of {length} bytes, expected at most 2", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        byte[] whole = File.ReadAllBytes(Write(
            """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}}""", new byte[11]));
        string path = _folder.File("cut.safetensors");
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(path));
        }
    }

    [Fact]
    public void Any_byte_changed_is_refused_or_read_but_never_anything_else()
    {
        byte[] whole = File.ReadAllBytes(Write(
            """{"__metadata__":{"a":"b"},"x":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"y":{"dtype":"I8","shape":[1,3],"data_offsets":[4,7]}}""", new byte[7]));
        string path = _folder.File("changed.safetensors");
        Random random = new(1);
        for (int position = 0; position < whole.Length; position++)
        {
            byte[] changed = (byte[])whole.Clone();
            changed[position] ^= (byte)random.Next(1, 256);
            File.WriteAllBytes(path, changed);
            try
            {
                using SafetensorsFile file = SafetensorsFile.Open(path);
                foreach (SafetensorsTensor tensor in file.Tensors)
                {
                    Assert.Equal(tensor.ElementCount, file.ReadFloats(tensor.Name).Length);
                }
            }
            catch (SafetensorsException)
            {
                // Refused, which is as good.
            }
        }
    }

    [Fact]
    public void A_shape_that_no_array_can_take_is_refused_when_it_is_read()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Write(
            """{"x":{"dtype":"F32","shape":[65536,65536,0],"data_offsets":[0,0]},"y":{"dtype":"F32","shape":[0,9223372036854775807],"data_offsets":[0,0]}}""", []));
        Assert.Contains("too large for an array", Assert.Throws<SafetensorsException>(() => file.ReadFloats("x")).Message, StringComparison.Ordinal);
        Assert.Contains("too large for an array", Assert.Throws<SafetensorsException>(() => file.ReadFloats("y")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_after_it_was_opened_is_refused_when_it_is_read()
    {
        string path = Write("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", new byte[8]);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows does not let an open file be cut.");
        }

        using (FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            stream.SetLength(stream.Length - 4);
        }

        Assert.Contains("may have changed", Assert.Throws<SafetensorsException>(() => file.ReadFloats("x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_and_a_folder_are_named()
    {
        string path = _folder.File("absent.safetensors");
        Assert.Contains($"'{path}' cannot be read", Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(path)).Message, StringComparison.Ordinal);
        Assert.Contains(
            $"'{_folder.Path}' cannot be read", Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_closed_file_is_not_read()
    {
        SafetensorsFile file = SafetensorsFile.Open(Write("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", new byte[8]));
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.ReadFloats("x"));
    }

    private string Write(string header, byte[] data)
    {
        string path = _folder.File("case.safetensors");
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)json.Length);
        File.WriteAllBytes(path, [.. prefix, .. json, .. data]);
        return path;
    }
}
