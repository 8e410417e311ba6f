using System.Text.Json;
using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Interop.Tests;

public sealed class ShardTests(EngineFixture fixture) : IDisposable
{
    private const string IndexName = "diffusion_pytorch_model.safetensors.index.json";

    private readonly TemporaryFolder _folder = new();

    private string Index => _folder.File(IndexName);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Shards_are_one_model_whether_the_index_or_the_folder_is_named()
    {
        WriteShards();

        foreach (string path in (string[])[Index, _folder.Path])
        {
            using WeightsFile file = WeightsFile.Open(path);
            Assert.Equal((2, 78), (file.FileCount, file.Tensors.Count));
            using Transformer transformer = Transformer.Load(fixture.Engine, path, TinyModels.TransformerOptions);
            new TransformerCase().RunAndCheck(transformer);
        }
    }

    [Fact]
    public void A_shard_that_is_not_there_is_named()
    {
        WriteShards();
        File.Delete(_folder.File("shard-1.safetensors"));

        Assert.Contains("shard-1.safetensors", Refuse(ChromaErrorKind.Io), StringComparison.Ordinal);
    }

    [Fact]
    public void A_shard_that_is_cut_is_named()
    {
        WriteShards();
        string shard = _folder.File("shard-0.safetensors");
        byte[] whole = File.ReadAllBytes(shard);
        _folder.Write("shard-0.safetensors", whole.AsSpan(0, whole.Length - 4));

        Assert.Contains("shard-0.safetensors", Refuse(ChromaErrorKind.Format), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_that_the_index_promises_and_no_shard_has_is_named()
    {
        Dictionary<string, string> map = WriteShards();
        map["no.such.weight"] = "shard-0.safetensors";
        WriteIndex(map);

        Assert.Contains("no.such.weight", Refuse(ChromaErrorKind.MissingTensor, ChromaErrorKind.Format), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../shard-0.safetensors")]
    [InlineData("/etc/hostname")]
    [InlineData("")]
    public void An_index_that_names_files_elsewhere_is_refused(string shard)
    {
        Dictionary<string, string> map = WriteShards();
        map["img_in.weight"] = shard;
        WriteIndex(map);

        Refuse(ChromaErrorKind.Format);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"weight_map":7}""")]
    [InlineData("""{"weight_map":{}}""")]
    [InlineData("""{"weight_map":{"a":7}}""")]
    public void An_index_that_is_none_is_refused(string json)
    {
        WriteShards();
        File.WriteAllText(Index, json);

        Refuse(ChromaErrorKind.Format);
    }

    private Dictionary<string, string> WriteShards()
    {
        using SafetensorsFile whole = SafetensorsFile.Open(TinyModels.TransformerPath);
        SafetensorsWriter[] shards = [new(), new()];
        Dictionary<string, string> map = [];
        foreach (SafetensorsTensor tensor in whole.Tensors)
        {
            int shard = map.Count % 2;
            shards[shard].Add(tensor.Name, whole.ReadFloats(tensor.Name));
            map[tensor.Name] = $"shard-{shard}.safetensors";
        }

        shards[0].Save(_folder.File("shard-0.safetensors"));
        shards[1].Save(_folder.File("shard-1.safetensors"));
        WriteIndex(map);
        return map;
    }

    private void WriteIndex(Dictionary<string, string> map) =>
        File.WriteAllText(Index, JsonSerializer.Serialize(new Dictionary<string, object> { ["weight_map"] = map }));

    private string Refuse(params ChromaErrorKind[] kinds)
    {
        ChromaException error = Assert.Throws<ChromaException>(() => WeightsFile.Open(Index).Dispose());
        Assert.Contains(error.Kind, kinds);
        Assert.Contains(_folder.Path, error.Message, StringComparison.Ordinal);
        return error.Message;
    }
}
