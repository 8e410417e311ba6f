using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Sdk.Tests.Models;

public sealed class WeightsFileTests(EngineFixture fixture) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_checkpoint_says_what_it_holds()
    {
        using WeightsFile file = WeightsFile.Open(TinyModels.TransformerPath);

        Assert.Equal(TinyModels.TransformerPath, file.Path);
        Assert.Equal((ModelArchitecture.Chroma, WeightsContainer.Safetensors, 1), (file.Architecture, file.Container, file.FileCount));
        Assert.Equal((375_056, 1_500_224), (file.ParameterCount, file.TensorBytes));
        WeightsTensor tensor = file.Tensors.Single(tensor => tensor.Name == "distilled_guidance_layer.in_proj.weight");
        Assert.Equal(tensor, file.Find("distilled_guidance_layer.in_proj.weight"));
        Assert.Equal((WeightType.F32, "F32", "[48, 64]", 3072, 12288), (tensor.Type, tensor.StoredType, tensor.ShapeText, tensor.ElementCount, tensor.Bytes));
        Assert.Null(file.Find("no.such.tensor"));
        Assert.Empty(file.Metadata);
    }

    [Theory]
    [InlineData("open/t5.safetensors", ModelArchitecture.T5Encoder)]
    [InlineData("open/ae.safetensors", ModelArchitecture.Autoencoder)]
    public void Architectures_are_told_apart(string path, ModelArchitecture expected)
    {
        using WeightsFile file = WeightsFile.Open(Golden.PathOf(path));

        Assert.Equal(expected, file.Architecture);
    }

    [Theory]
    [InlineData("decoder.layers.0.weight", 16, "TAEF1")] // diffusers' names
    [InlineData("decoder.layers.0.weight", 4, "TAESD")]
    [InlineData("decoder.0.weight", 16, "TAEF1")] // the original's
    [InlineData("taesd_decoder.1.weight", 16, "TAEF1")]
    [InlineData("1.weight", 16, "TAEF1")] // one half alone
    public void Tiny_autoencoders_are_called_what_they_are(string first, int channels, string called)
    {
        string block = first.Replace(".0.weight", ".2.conv.0.weight", StringComparison.Ordinal).Replace("1.weight", "3.conv.0.weight", StringComparison.Ordinal);
        string path = TinyModels.WriteTensors(_folder.File("tiny.safetensors"), new Dictionary<string, FloatTensor>
        {
            [first] = new(64, channels, 3, 3),
            [first.Replace("weight", "bias", StringComparison.Ordinal)] = new(64),
            [block] = new(64, 64, 3, 3),
        });

        using WeightsFile file = WeightsFile.Open(path);
        Assert.Equal(ModelArchitecture.TinyAutoencoder, file.Architecture);
        Assert.StartsWith(called, file.Description, StringComparison.Ordinal);
        Assert.Empty(file.Parts);
        Assert.Contains(called, Assert.Throws<ChromaException>(() => Autoencoder.Load(fixture.Engine, path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_and_bytes_are_those_that_safetensors_has()
    {
        using WeightsFile file = WeightsFile.Open(TinyModels.TransformerPath);
        using SafetensorsFile same = SafetensorsFile.Open(TinyModels.TransformerPath);

        Assert.Equal(same.ReadFloats("txt_in.weight").Span, file.Read("txt_in.weight").Span);
        Assert.Equal([64, 40], file.Read("txt_in.weight").Shape);
        Assert.Equal(same.ReadBytes("txt_in.weight"), file.ReadBytes("txt_in.weight"));
        Assert.Contains("'no.such.tensor'", Assert.Throws<ChromaException>(() => file.Read("no.such.tensor")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Metadata_of_every_kind_reads_as_it_was_written()
    {
        byte[] bytes = new GgufWriter()
            .Add("text", "naïve")
            .Add("whole", 4_000_000_000u)
            .Add("number", 0.25f)
            .Add("truth", true)
            .Add("texts", ["a", "", "▁the"])
            .Add("wholes", [-1, 0, 7])
            .Add("numbers", [-0.5f, 1.5f])
            .Add("bytes", [0, 127, 128, 255])
            .Add("nothing", Array.Empty<int>())
            .AddTensor("x", new float[4], 4)
            .ToArray();
        using WeightsFile file = WeightsFile.Open(_folder.Write("metadata.gguf", bytes));

        Assert.Equal("naïve", file.Metadata["text"].AsString());
        Assert.Equal(["naïve"], file.Metadata["text"].AsStrings());
        Assert.Equal(4_000_000_000, file.Metadata["whole"].AsInteger());
        Assert.Equal(4_000_000_000, file.Metadata["whole"].AsNumber());
        Assert.Equal(0.25, file.Metadata["number"].AsNumber());
        Assert.True(file.Metadata["truth"].AsBoolean());
        Assert.Equal(["a", "", "▁the"], file.Metadata["texts"].AsStrings());
        Assert.Equal([-1.0, 0, 7], file.Metadata["wholes"].AsNumbers());
        Assert.Equal([-0.5, 1.5], file.Metadata["numbers"].AsNumbers());
        Assert.Equal([0, 127, 128, 255], file.Metadata["bytes"].AsBytes());
        Assert.Empty(file.Metadata["nothing"].AsNumbers());
        Assert.Equal((true, 3, MetadataKind.Text), (file.Metadata["texts"].IsArray, file.Metadata["texts"].Count, file.Metadata["texts"].Kind));
    }

    [Fact]
    public void Metadata_of_another_kind_is_named()
    {
        byte[] bytes = new GgufWriter().Add("text", "t").Add("number", 0.5f).Add("large", [256]).AddTensor("x", new float[4], 4).ToArray();
        using WeightsFile file = WeightsFile.Open(_folder.Write("metadata.gguf", bytes));

        Assert.Contains("'text'", Assert.Throws<InvalidDataException>(() => file.Metadata["text"].AsNumber()).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => file.Metadata["text"].AsNumbers());
        Assert.Throws<InvalidDataException>(() => file.Metadata["text"].AsBoolean());
        Assert.Throws<InvalidDataException>(() => file.Metadata["number"].AsString());
        Assert.Throws<InvalidDataException>(() => file.Metadata["number"].AsStrings());
        Assert.Throws<InvalidDataException>(() => file.Metadata["number"].AsInteger());
        Assert.Throws<InvalidDataException>(() => file.Metadata["number"].AsBytes());
        Assert.Throws<InvalidDataException>(() => file.Metadata["large"].AsBytes());
        Assert.Throws<InvalidDataException>(() => file.Metadata["large"].AsInteger());
    }

    [Fact]
    public async Task A_quantised_model_runs_and_stays_close()
    {
        string path = _folder.File("tiny-q8_0.gguf");
        List<LoadProgress> seen = [];

        await WeightsFile.QuantizeAsync(
            TinyModels.TransformerPath, path, new QuantizeOptions { Type = WeightType.Q8_0 }, new ImmediateProgress<LoadProgress>(seen.Add));

        Assert.Equal(1, seen[^1].Fraction);
        using WeightsFile file = WeightsFile.Open(path);
        Assert.Equal((ModelArchitecture.Chroma, WeightsContainer.Gguf), (file.Architecture, file.Container));
        Assert.Equal(WeightType.Q8_0, file.Find("single_blocks.0.linear1.weight")!.Type);
        Assert.Equal(WeightType.F32, file.Find("distilled_guidance_layer.layers.0.in_layer.weight")!.Type);
        using Transformer transformer = Transformer.Load(fixture.Engine, path, TinyModels.TransformerOptions);
        Agree.RelativeOfMax(new TransformerCase().Run(transformer), TransformerCase.Expected("velocity"), 0.04, "q8_0");
    }

    [Fact]
    public async Task A_model_survives_the_way_to_gguf_and_back()
    {
        string gguf = _folder.File("tiny.gguf"), back = _folder.File("back.safetensors");

        await WeightsFile.QuantizeAsync(TinyModels.TransformerPath, gguf, new QuantizeOptions { Type = WeightType.F32 });
        await WeightsFile.QuantizeAsync(gguf, back, new QuantizeOptions { Type = WeightType.F32 });

        using SafetensorsFile before = SafetensorsFile.Open(TinyModels.TransformerPath), after = SafetensorsFile.Open(back);
        Assert.Equal(before.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal), after.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
        Assert.All(before.Tensors, tensor => Assert.Equal(before.ReadBytes(tensor.Name), after.ReadBytes(tensor.Name)));
    }

    [Fact]
    public async Task A_conversion_that_fails_or_is_cancelled_leaves_nothing_behind()
    {
        string path = _folder.File("out.gguf");
        QuantizeOptions options = new() { Type = WeightType.Q8_0 };
        InvalidOperationException thrown = new("no more");
        using CancellationTokenSource source = new();

        await Assert.ThrowsAsync<ChromaException>(() => WeightsFile.QuantizeAsync(_folder.File("none.gguf"), path, options));
        await Assert.ThrowsAsync<ChromaException>(() => WeightsFile.QuantizeAsync(TinyModels.TransformerPath, _folder.File("q8.safetensors"), options));
        await Assert.ThrowsAsync<ChromaException>(() => WeightsFile.QuantizeAsync(TinyModels.TransformerPath, Path.Combine(path, "deeper.gguf"), options));
        Assert.Same(thrown, await Assert.ThrowsAsync<InvalidOperationException>(() => WeightsFile.QuantizeAsync(
            TinyModels.TransformerPath, path, options, new ImmediateProgress<LoadProgress>(_ => throw thrown))));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => WeightsFile.QuantizeAsync(
            TinyModels.TransformerPath, path, options, null, new CancellationToken(canceled: true)));

        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task Options_that_do_not_fit_are_refused()
    {
        string path = _folder.File("out.gguf");
        foreach (WeightType type in (WeightType[])[WeightType.Stored, WeightType.I8, WeightType.Other])
        {
            await Assert.ThrowsAsync<ArgumentException>(() => WeightsFile.QuantizeAsync(TinyModels.TransformerPath, path, new QuantizeOptions { Type = type }));
        }

        await Assert.ThrowsAsync<ArgumentException>(
            () => WeightsFile.QuantizeAsync(TinyModels.TransformerPath, path, new QuantizeOptions { Type = WeightType.F16, Threads = -1 }));
        await Assert.ThrowsAsync<ArgumentException>(() => WeightsFile.QuantizeAsync("", path, new QuantizeOptions { Type = WeightType.F16 }));
        Assert.Throws<ArgumentException>(() => WeightsFile.Open(""));
    }
}
