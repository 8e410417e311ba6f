using System.Globalization;
using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Interop.Tests;

/// <summary>Models in several files: parts of a split GGUF, and shards without an index.</summary>
public sealed class SplitModelTests(EngineFixture fixture) : IDisposable
{
    private const int TensorCount = 78;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf")]
    [InlineData("M-00001-OF-00003.GGUF", "M-00002-OF-00003.GGUF", "M-00003-OF-00003.GGUF")]
    [InlineData("m-00003-of-00003.gguf", "m-00001-of-00003.gguf", "m-00002-of-00003.gguf")] // names that lie
    [InlineData("first", "b (1).gguf", "c.bin")]
    [InlineData("renamed.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf")]
    public void Parts_are_one_model_whichever_is_named(params string[] names)
    {
        WriteParts(names);

        foreach (string path in names.Select(_folder.File).Append(_folder.Path))
        {
            AssertWhole(path, 3);
        }
    }

    [Fact]
    public void A_first_part_may_hold_metadata_alone()
    {
        WriteParts(["m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf"], perPart: [0, 40, 38]);

        AssertWhole(_folder.File("m-00003-of-00003.gguf"), 3);
    }

    [Fact]
    public void What_lies_beside_the_parts_is_not_taken_for_one()
    {
        WriteParts(["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"]);
        WriteParts(["other-00001-of-00002.gguf", "other-00002-of-00002.gguf"]);
        _folder.Write("._m-00002-of-00002.gguf", "GGUF and more"u8);
        _folder.Write("damaged.gguf", "GGUF and more"u8);

        AssertWhole(_folder.File("m-00002-of-00002.gguf"), 2);
    }

    [Fact]
    public void A_missing_part_is_named_even_where_another_model_has_one()
    {
        WriteParts(["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"]);
        WriteParts(["other-00001-of-00002.gguf", "other-00002-of-00002.gguf"]);
        File.Delete(_folder.File("m-00002-of-00002.gguf"));

        AssertRefused("m-00001-of-00002.gguf", ChromaErrorKind.Io, "m-00002-of-00002.gguf", "part 2");
    }

    [Fact]
    public void Missing_parts_are_named_and_nothing_is_converted()
    {
        WriteParts(["m-00001-of-00004.gguf", "m-00002-of-00004.gguf", "m-00003-of-00004.gguf", "m-00004-of-00004.gguf"]);
        File.Delete(_folder.File("m-00002-of-00004.gguf"));
        File.Delete(_folder.File("m-00003-of-00004.gguf"));

        AssertRefused("m-00004-of-00004.gguf", ChromaErrorKind.Io, "m-00002-of-00004.gguf", "m-00003-of-00004.gguf");
        AssertNotConverted(_folder.File("m-00001-of-00004.gguf"));
        AssertNotConverted(_folder.Path);
    }

    [Fact]
    public void A_renamed_part_says_how_many_there_should_be()
    {
        WriteParts(["a", "b"]);
        File.Delete(_folder.File("a"));

        AssertRefused("b", ChromaErrorKind.Io, "part 2 of 2", "part 1 is missing");
    }

    [Fact]
    public void Two_candidates_for_one_part_are_named()
    {
        WriteParts(["a", "b"]);
        File.Copy(_folder.File("b"), _folder.File("c"));

        AssertRefused("a", ChromaErrorKind.Io, "'" + _folder.File("b") + "'", "'" + _folder.File("c") + "'");
    }

    [Fact]
    public void Parts_that_disagree_are_refused()
    {
        string[] names = ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"];
        WriteParts(names);
        File.Copy(_folder.File(names[0]), _folder.File(names[1]), overwrite: true);
        AssertRefused(names[0], ChromaErrorKind.Format, "both say that they are part 1");

        WriteParts(names, count: [2, 3]);
        AssertRefused(names[0], ChromaErrorKind.Format, "disagree", "part 2 of 3");

        WriteParts(names, total: [TensorCount, TensorCount + 1]);
        AssertRefused(names[0], ChromaErrorKind.Format, "disagree", "79 tensors");

        WriteParts(names, total: [5, 5]);
        AssertRefused(names[0], ChromaErrorKind.Format, "78 tensors", "split.tensors.count");

        WriteParts(names, architecture: ["chroma", "flux"]);
        AssertRefused(names[1], ChromaErrorKind.Format, "disagree", "general.architecture");

        WriteParts(names, perPart: [40, 38], overlap: 1);
        AssertRefused(names[1], ChromaErrorKind.Format, "is in both");

        WriteParts(names, number: [0, 7]);
        AssertRefused(names[1], ChromaErrorKind.Format, "split.no");
    }

    [Fact]
    public void Shards_without_an_index_are_joined_by_their_names()
    {
        foreach (string name in (string[])["m-00001-of-00003.safetensors", "m_2_of_3.safetensors", "M-00003-OF-00003.SAFETENSORS"])
        {
            foreach (string old in Directory.GetFiles(_folder.Path))
            {
                File.Delete(old);
            }

            string[] names = [.. Enumerable.Range(1, 3).Select(i => NameLike(name, i))];
            WriteShards(names);
            AssertWhole(_folder.File(name), 3);
            AssertWhole(_folder.Path, 3);

            File.Delete(_folder.File(names[1]));
            AssertRefused(names[0], ChromaErrorKind.Io, names[1]);
            AssertNotConverted(_folder.File(names[2]));
        }
    }

    [Fact]
    public void The_index_beside_a_shard_is_used_whatever_they_are_called()
    {
        Dictionary<string, string> map = WriteShards(["x", "y.safetensors"]);
        File.WriteAllText(
            _folder.File("any.index.json"),
            System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, object> { ["weight_map"] = map }));
        File.WriteAllText(_folder.File("another.index.json"), "{ damaged");

        AssertWhole(_folder.File("x"), 2);
        AssertWhole(_folder.File("y.safetensors"), 2);

        File.Delete(_folder.File("x"));
        AssertRefused("y.safetensors", ChromaErrorKind.Io, _folder.File("x"), "any.index.json");
        AssertNotConverted(_folder.File("y.safetensors"));
    }

    [Fact]
    public void Shards_that_share_a_tensor_are_refused()
    {
        WriteShards(["m-1-of-2.safetensors", "m-2-of-2.safetensors"]);
        File.Copy(_folder.File("m-1-of-2.safetensors"), _folder.File("m-2-of-2.safetensors"), overwrite: true);

        AssertRefused("m-1-of-2.safetensors", ChromaErrorKind.Format, "is in both");
    }

    [Fact]
    public async Task A_split_model_is_converted_to_one_file()
    {
        WriteParts(["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"]);
        string output = _folder.File("whole.safetensors");

        await WeightsFile.QuantizeAsync(_folder.File("m-00002-of-00002.gguf"), output, new QuantizeOptions { Type = WeightType.F32 }, cancellationToken: TestContext.Current.CancellationToken);

        AssertWhole(output, 1);
        using WeightsFile file = WeightsFile.Open(output);
        Assert.DoesNotContain(file.Metadata.Keys, key => key.StartsWith("split.", StringComparison.Ordinal));
    }

    private static string NameLike(string name, int number)
    {
        int at = name.IndexOfAny(['1', '2', '3']);
        return string.Concat(name.AsSpan(0, at), number.ToString(CultureInfo.InvariantCulture), name.AsSpan(at + 1));
    }

    private void AssertWhole(string path, int files)
    {
        using WeightsFile file = WeightsFile.Open(path);
        Assert.Equal((files, TensorCount), (file.FileCount, file.Tensors.Count));
        Assert.Equal(files, file.Files.Distinct(StringComparer.Ordinal).Count());
        using Transformer transformer = Transformer.Load(fixture.Engine, path, TinyModels.TransformerOptions);
        new TransformerCase().RunAndCheck(transformer);
    }

    private void AssertRefused(string name, ChromaErrorKind kind, params string[] words)
    {
        ChromaException error = Assert.Throws<ChromaException>(() => WeightsFile.Open(_folder.File(name)).Dispose());
        Assert.True(error.Kind == kind, $"{error.Kind}: {error.Message}");
        Assert.All(words, word => Assert.Contains(word, error.Message, StringComparison.Ordinal));
    }

    private void AssertNotConverted(string path)
    {
        string output = _folder.File("out.gguf");
        ChromaException error = Assert.Throws<ChromaException>(
            () => WeightsFile.QuantizeAsync(path, output, new QuantizeOptions { Type = WeightType.F16 }).GetAwaiter().GetResult());
        Assert.Contains("missing", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles(_folder.Path), file => file.Contains("out.gguf", StringComparison.Ordinal));
    }

    private void WriteParts(
        string[] names, int[]? count = null, int[]? number = null, int[]? total = null, string[]? architecture = null, int[]? perPart = null, int overlap = 0)
    {
        KeyValuePair<string, FloatTensor>[] tensors = [.. TinyModels.ReadTensors(TinyModels.TransformerPath)];
        int taken = 0;
        for (int part = 0; part < names.Length; part++)
        {
            // The numbers of 16 bits that the specification wants.
            byte[] splitNumber = BitConverter.GetBytes((ushort)(number?[part] ?? part)), splitCount = BitConverter.GetBytes((ushort)(count?[part] ?? names.Length));
            GgufWriter writer = new GgufWriter()
                .AddRaw("split.no", 2, splitNumber)
                .AddRaw("split.count", 2, splitCount)
                .Add("split.tensors.count", (uint)(total?[part] ?? TensorCount));
            if (part == 0 || architecture is not null)
            {
                writer.Add("general.architecture", architecture?[part] ?? "chroma");
            }

            int end = perPart is null ? TensorCount * (part + 1) / names.Length : taken + perPart[part];
            foreach ((string name, FloatTensor tensor) in tensors[(part == 0 ? 0 : taken - overlap)..end])
            {
                writer.AddTensor(name, tensor.Span.ToArray(), tensor.Shape.ToArray());
            }

            taken = end;
            _folder.Write(names[part], writer.ToArray());
        }
    }

    private Dictionary<string, string> WriteShards(string[] names)
    {
        KeyValuePair<string, FloatTensor>[] tensors = [.. TinyModels.ReadTensors(TinyModels.TransformerPath)];
        Dictionary<string, string> map = [];
        for (int shard = 0; shard < names.Length; shard++)
        {
            KeyValuePair<string, FloatTensor>[] own = tensors[(TensorCount * shard / names.Length)..(TensorCount * (shard + 1) / names.Length)];
            TinyModels.WriteTensors(_folder.File(names[shard]), own);
            Array.ForEach(own, tensor => map[tensor.Key] = names[shard]);
        }

        return map;
    }
}
