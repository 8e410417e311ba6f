using System.Text.Json;
using Chroma.Models;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Cli;

/// <summary><c>chroma inspect</c> and <c>chroma quantize</c>.</summary>
public sealed class CheckpointCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Inspect_shows_what_a_checkpoint_holds()
    {
        CliRun run = (await CliRun.Of("inspect", TinyModels.TransformerPath)).Fine();

        Assert.Matches(@"architecture +chroma\n", run.Output);
        Assert.Matches(@"parameters +375,056\n", run.Output);
        Assert.Matches(@"F32 +78 tensors +375,056 parameters +1,500,224 bytes\n", run.Output);
        Assert.Matches(@"distilled_guidance_layer.in_proj.weight +F32 +\[48, 64\]\n", run.Output);
    }

    [Fact]
    public async Task Inspect_gives_json_to_programs()
    {
        byte[] bytes = new GgufWriter()
            .Add("general.name", "naïve \"model\"")
            .Add("a.flag", true)
            .Add("a.number", 0.5f)
            .Add("a.infinity", float.PositiveInfinity)
            .Add("a.short", [1, 2])
            .Add("a.long", Enumerable.Range(0, 100).Select(i => $"token {i}").ToArray())
            .AddTensor("x.weight", new float[6], 2, 3)
            .ToArray();

        CliRun run = (await CliRun.Of("inspect", _folder.Write("some.gguf", bytes), "--json")).Fine();

        JsonElement root = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal(("gguf", "unknown", 6), (root.GetProperty("format").GetString(), root.GetProperty("architecture").GetString(), root.GetProperty("parameters").GetInt32()));
        JsonElement metadata = root.GetProperty("metadata");
        Assert.Equal("naïve \"model\"", metadata.GetProperty("general.name").GetString());
        Assert.True(metadata.GetProperty("a.flag").GetBoolean());
        Assert.Equal(0.5, metadata.GetProperty("a.number").GetDouble());
        Assert.Equal("Infinity", metadata.GetProperty("a.infinity").GetString());
        Assert.Equal([1, 2], metadata.GetProperty("a.short").EnumerateArray().Select(number => number.GetInt32()));
        Assert.Equal(100, metadata.GetProperty("a.long").GetProperty("count").GetInt32());
        Assert.Equal("token 7", metadata.GetProperty("a.long").GetProperty("first")[7].GetString());
        JsonElement tensor = Assert.Single(root.GetProperty("tensors").EnumerateArray());
        Assert.Equal(("x.weight", "f32", 24), (tensor.GetProperty("name").GetString(), tensor.GetProperty("type").GetString(), tensor.GetProperty("bytes").GetInt32()));
        Assert.Equal([2, 3], tensor.GetProperty("shape").EnumerateArray().Select(length => length.GetInt32()));
    }

    [Fact]
    public async Task Inspect_shows_all_parts_of_a_folder()
    {
        foreach ((string from, string to) in ((string, string)[])[
            (TinyModels.TransformerPath, "diffusion_models"), (TinyModels.TextEncoderPath, "text_encoders"), (TinyModels.AutoencoderPath, "vae")])
        {
            Directory.CreateDirectory(_folder.File(to));
            File.Copy(from, Path.Combine(_folder.File(to), "x.safetensors"));
        }

        File.Copy(Golden.PathOf("tiny_tokenizer/tokenizer.json"), _folder.File("tokenizer.json"));
        File.WriteAllText(Path.Combine(_folder.File("vae"), "cut.gguf"), "GGUF");

        CliRun run = (await CliRun.Of("inspect", _folder.Path)).Fine();
        Assert.All(
            (string[])[@"architecture +chroma\n", @"architecture +t5-encoder\n", @"architecture +autoencoder\n", @"tokenizer +\S+tokenizer\.json\n", @"unusable +\S+cut\.gguf"],
            line => Assert.Matches(line, run.Output));

        run = (await CliRun.Of("inspect", _folder.Path, "--json")).Fine();
        JsonElement root = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal(
            ["autoencoder", "chroma", "t5-encoder"],
            root.GetProperty("models").EnumerateArray().Select(model => model.GetProperty("architecture").GetString()).Order(StringComparer.Ordinal));
        Assert.EndsWith("tokenizer.json", root.GetProperty("tokenizer").GetString(), StringComparison.Ordinal);
        Assert.EndsWith("cut.gguf", Assert.Single(root.GetProperty("unusable").EnumerateArray()).GetProperty("path").GetString(), StringComparison.Ordinal);

        // One model in a folder reads as the file does.
        Assert.Matches(@"architecture +chroma\n", (await CliRun.Of("inspect", _folder.File("diffusion_models"))).Fine().Output);
    }

    [Fact]
    public async Task Inspect_shows_all_parts_of_an_all_in_one_file()
    {
        string path = TinyModels.WriteTensors(_folder.File("all.safetensors"), [
            .. TinyModels.ReadTensors(TinyModels.TransformerPath).Select(tensor => KeyValuePair.Create("model.diffusion_model." + tensor.Key, tensor.Value)),
            .. TinyModels.ReadTensors(TinyModels.TextEncoderPath).Select(tensor => KeyValuePair.Create("text_encoders.t5xxl.transformer." + tensor.Key, tensor.Value)),
            .. TinyModels.ReadTensors(TinyModels.AutoencoderPath).Select(tensor => KeyValuePair.Create("vae." + tensor.Key, tensor.Value)),
        ]);

        CliRun run = (await CliRun.Of("inspect", path)).Fine();
        Assert.Matches(@"architecture +chroma, t5-encoder, autoencoder\n", run.Output);
        Assert.Matches(@"  chroma +78 tensors +375,056 parameters +1,500,224 bytes\n", run.Output);

        JsonElement parts = JsonDocument.Parse((await CliRun.Of("inspect", path, "--json")).Fine().Output).RootElement.GetProperty("parts");
        Assert.Equal(375056, parts.GetProperty("chroma").GetProperty("parameters").GetInt64());
        Assert.True(parts.GetProperty("autoencoder").GetProperty("tensors").GetInt32() > 0);
    }

    [Fact]
    public async Task Inspect_calls_a_tiny_autoencoder_what_it_is()
    {
        string path = TinyModels.WriteTensors(_folder.File("taef1.safetensors"), [KeyValuePair.Create("decoder.layers.0.weight", new Chroma.Tensors.FloatTensor(64, 16, 3, 3))]);

        CliRun run = (await CliRun.Of("inspect", path)).Fine();

        Assert.Matches(@"architecture +tiny-autoencoder\n", run.Output);
        Assert.Contains("TAEF1", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_names_files_that_are_none() => (await CliRun.Of("inspect", _folder.Write("cut.gguf", "GGUF"u8))).Failed("cut.gguf");

    [Fact]
    public async Task Quantize_writes_a_smaller_checkpoint_and_nothing_else()
    {
        string output = _folder.File("tiny-q4_0.gguf");

        CliRun run = (await CliRun.Of("quantize", TinyModels.TextEncoderPath, output, "--type", "q4_0")).Fine();

        Assert.Empty(run.Output);
        Assert.Empty(run.Error);
        Assert.Equal([output], Directory.GetFiles(_folder.Path));
        using WeightsFile file = WeightsFile.Open(output);
        Assert.Equal(ModelArchitecture.T5Encoder, file.Architecture);
        Assert.Equal(WeightType.Q4_0, file.Find("encoder.block.0.layer.1.DenseReluDense.wo.weight")!.Type); // its rows of 96 are whole blocks
        Assert.True(new FileInfo(output).Length < new FileInfo(TinyModels.TextEncoderPath).Length);
    }

    [Fact]
    public async Task Quantize_writes_int8_rows_whose_scales_are_no_parameters()
    {
        string output = _folder.File("tiny-int8.gguf");

        (await CliRun.Of("quantize", TinyModels.TransformerPath, output, "--type", "int8")).Fine();

        CliRun run = (await CliRun.Of("inspect", output)).Fine();
        Assert.Matches(@"parameters +375,056\n", run.Output);
        Assert.Matches(@"chroma.int8.rotation = 64\n", run.Output);
        Assert.Matches(@"single_blocks.0.linear1.weight +I8 +\[\d+, 64\]\n", run.Output);
        (await CliRun.Of("quantize", output, _folder.File("q8_0.gguf"), "--type", "q8_0")).Failed("tiny-int8.gguf", "int8", "q8_0");
        Assert.Equal([output], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task Quantize_includes_the_Approximator_when_asked()
    {
        string output = _folder.File("tiny-f16.gguf");

        (await CliRun.Of("quantize", TinyModels.TransformerPath, output, "--type", "f16", "--include-approximator")).Fine();

        using WeightsFile file = WeightsFile.Open(output);
        Assert.Equal(WeightType.F16, file.Find("distilled_guidance_layer.in_proj.weight")!.Type);
    }

    [Fact]
    public async Task Quantize_names_what_is_wrong_and_leaves_nothing_behind()
    {
        (await CliRun.Of("quantize", _folder.File("none.gguf"), _folder.File("out.gguf"), "--type", "q8_0")).Failed("none.gguf");
        (await CliRun.Of("quantize", TinyModels.TransformerPath, _folder.File("out.safetensors"), "--type", "q8_0")).Misused("safetensors", "q8_0", "gguf");
        (await CliRun.Of("quantize", TinyModels.TransformerPath, _folder.File("no/folder/out.gguf"), "--type", "q8_0")).Failed("no/folder");
        string half = TinyModels.WriteTensors(Path.Combine(Directory.CreateDirectory(_folder.File("input")).FullName, "half.safetensors"), TinyModels.ReadTensors(TinyModels.TransformerPath).Take(40));
        (await CliRun.Of("quantize", half, _folder.File("out.gguf"), "--type", "q8_0")).Failed("half.safetensors");
        Directory.Delete(_folder.File("input"), recursive: true);
        (await CliRun.Of("quantize", TinyModels.TransformerPath, _folder.File("out.gguf"), "--type", "i8")).Misused("--type", "i8", "q8_0");
        (await CliRun.Of("quantize", TinyModels.TransformerPath, _folder.File("out.gguf"))).Misused("--type");

        CliRun cancelled = await CliRun.Of(new CancellationToken(canceled: true), "quantize", TinyModels.TransformerPath, _folder.File("out.gguf"), "--type", "q8_0");
        Assert.Equal(130, cancelled.ExitCode);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }
}
