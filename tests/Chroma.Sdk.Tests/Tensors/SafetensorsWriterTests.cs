using System.Buffers.Binary;
using System.Text;
using Chroma.Tensors;
using Chroma.Testing;
using CsCheck;
using Xunit;

namespace Chroma.Sdk.Tests.Tensors;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_is_read_back()
    {
        string path = _folder.File("both.safetensors");
        SafetensorsWriter writer = new() { Metadata = { ["format"] = "pt", ["seed"] = "42" } };
        writer.Add("x", new FloatTensor([1.5f, -2f, float.MinValue, float.Epsilon, float.NaN, float.PositiveInfinity], 2, 3));
        writer.Add("ids", new int[] { int.MinValue, 0, int.MaxValue }, 1, 3);
        writer.Add("scalar", new FloatTensor([7f]));
        writer.Add("nothing", new FloatTensor(0, 4));
        writer.Save(path);

        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(["x", "ids", "scalar", "nothing"], file.Tensors.Select(tensor => tensor.Name).OrderBy(name => "xisn".IndexOf(name[0])));
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal("42", file.Metadata["seed"]);
        FloatTensor x = file.ReadFloats("x");
        Assert.Equal([2, 3], x.Shape.ToArray());
        Assert.Equal([1.5f, -2f, float.MinValue, float.Epsilon, float.NaN, float.PositiveInfinity], x.Span.ToArray());
        Assert.Equal([int.MinValue, 0, int.MaxValue], file.ReadInt32("ids"));
        Assert.Equal(SafetensorsType.I32, file.Find("ids").Type);
        Assert.Equal(0, file.ReadFloats("scalar").Rank);
        Assert.Equal(7f, file.ReadFloats("scalar").Span[0]);
        Assert.Equal([0, 4], file.ReadFloats("nothing").Shape.ToArray());
    }

    [Fact]
    public void Any_names_and_shapes_survive_a_round_trip()
    {
        Gen<FloatTensor> tensors = Gen.Int[0, 5].Array[0, 4].SelectMany(
            shape => Gen.Float.Array[shape.Aggregate(1, (a, b) => a * b)].Select(data => new FloatTensor(data, shape)));
        Gen<Dictionary<string, FloatTensor>> files = Gen.Dictionary(Gen.String[Gen.Char[' ', '\u2fff'].Where(c => !char.IsControl(c)), 1, 12], tensors)[0, 6];
        files.Sample(
            expected =>
            {
                string path = _folder.File("any.safetensors");
                SafetensorsWriter.Save(path, expected);
                using SafetensorsFile file = SafetensorsFile.Open(path);
                Assert.Equal(expected.Keys.Order(), file.Tensors.Select(tensor => tensor.Name).Order());
                foreach ((string name, FloatTensor tensor) in expected)
                {
                    Assert.Equal(tensor.Shape.ToArray(), file.ReadFloats(name).Shape.ToArray());
                    Assert.Equal(
                        tensor.Span.ToArray().Select(BitConverter.SingleToUInt32Bits),
                        file.ReadFloats(name).Span.ToArray().Select(BitConverter.SingleToUInt32Bits));
                }
            },
            iter: 200,
            threads: 1);
    }

    [Fact]
    public void The_data_starts_at_a_multiple_of_eight_bytes()
    {
        for (int length = 1; length <= 8; length++)
        {
            string path = _folder.File("aligned.safetensors");
            SafetensorsWriter.Save(path, new Dictionary<string, FloatTensor> { [new string('n', length)] = new(3) });
            byte[] bytes = File.ReadAllBytes(path);
            ulong header = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            Assert.Equal(0UL, header % 8);
            Assert.Equal(bytes.Length, 8 + (int)header + 12);
            Assert.StartsWith("{\"n", Encoding.UTF8.GetString(bytes, 8, (int)header), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_tensor_longer_than_a_chunk_is_written_and_read_whole()
    {
        float[] data = new float[600_001];
        for (int i = 0; i < data.Length; i++)
        {
            data[i] = i;
        }

        string path = _folder.File("long.safetensors");
        SafetensorsWriter.Save(path, new Dictionary<string, FloatTensor> { ["x"] = new(data, data.Length) });
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(data, file.ReadFloats("x").Span.ToArray());
    }

    [Fact]
    public void A_file_of_the_same_name_is_replaced_and_nothing_else_is_left_in_the_folder()
    {
        string path = _folder.File("same.safetensors");
        File.WriteAllText(path, "something else");
        SafetensorsWriter.Save(path, new Dictionary<string, FloatTensor> { ["x"] = new([1f], 1) });
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal([1f], file.ReadFloats("x").Span.ToArray());
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_folder_that_does_not_exist_is_named()
    {
        string path = Path.Combine(_folder.Path, "absent", "x.safetensors");
        var exception = Assert.Throws<SafetensorsException>(() => SafetensorsWriter.Save(path, new Dictionary<string, FloatTensor>()));
        Assert.Contains($"Can't write '{path}'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_target_that_is_a_folder_is_refused_and_leaves_nothing_behind()
    {
        string path = _folder.File("taken");
        Directory.CreateDirectory(path);
        Assert.Throws<SafetensorsException>(() => SafetensorsWriter.Save(path, new Dictionary<string, FloatTensor> { ["x"] = new(3) }));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Names_that_are_taken_or_reserved_are_refused()
    {
        SafetensorsWriter writer = new();
        writer.Add("x", new FloatTensor(1));
        Assert.Throws<ArgumentException>(() => writer.Add("x", new FloatTensor(1)));
        Assert.Throws<ArgumentException>(() => writer.Add("__metadata__", new FloatTensor(1)));
        Assert.Throws<ArgumentException>(() => writer.Add("", new FloatTensor(1)));
        Assert.Throws<ArgumentException>(() => writer.Add("ids", new int[3], 2));
    }
}
