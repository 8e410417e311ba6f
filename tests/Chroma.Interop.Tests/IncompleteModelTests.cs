using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Interop.Tests;

/// <summary>Checkpoints that lack something: refused by name, when they are loaded and before anything is converted.</summary>
public sealed class IncompleteModelTests(EngineFixture fixture) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Changed => _folder.File("changed.safetensors");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("open/chroma.safetensors")]
    [InlineData("open/t5.safetensors")]
    [InlineData("open/ae.safetensors")]
    public void Any_tensor_that_is_missing_is_named(string model)
    {
        OrderedDictionary<string, FloatTensor> whole = TinyModels.ReadTensors(Golden.PathOf(model));
        foreach (string name in whole.Keys)
        {
            TinyModels.WriteTensors(Changed, whole.Where(tensor => tensor.Key != name));
            AssertRefused(model, name);
        }
    }

    [Theory]
    [InlineData("open/chroma.safetensors", "double_blocks.0.", "double_blocks.0")]
    [InlineData("open/chroma.safetensors", "single_blocks.1.", "single_blocks.1")]
    [InlineData("open/chroma.safetensors", "double_blocks.", "double_blocks.0")]
    [InlineData("open/chroma.safetensors", "single_blocks.", "single_blocks.0")]
    [InlineData("open/chroma.safetensors", "distilled_guidance_layer.layers.0.", "distilled_guidance_layer.layers.0")]
    [InlineData("open/chroma.safetensors", "distilled_guidance_layer.layers.1.", "distilled_guidance_layer.layers.1")] // the last, whose norm is there
    [InlineData("open/chroma.safetensors", "distilled_guidance_layer.norms.", "distilled_guidance_layer.norms.0.scale")]
    [InlineData("open/t5.safetensors", "encoder.block.0.", "encoder.block.0")]
    [InlineData("open/ae.safetensors", "decoder.up.1.", "decoder.up.1")]
    [InlineData("open/ae.safetensors", "decoder.mid.", "decoder.mid")]
    [InlineData("open/ae.safetensors", "encoder.conv", "encoder.conv_in.weight")]
    public void Whole_parts_that_are_missing_are_named(string model, string prefix, string named)
    {
        TinyModels.WriteTensors(Changed, TinyModels.ReadTensors(Golden.PathOf(model)).Where(tensor => !tensor.Key.StartsWith(prefix, StringComparison.Ordinal)));

        AssertRefused(model, named);
    }

    [Theory]
    [InlineData("encoder.")]
    [InlineData("decoder.")]
    public async Task One_half_of_an_autoencoder_is_whole(string half)
    {
        TinyModels.WriteTensors(Changed, TinyModels.ReadTensors(TinyModels.AutoencoderPath).Where(tensor => tensor.Key.StartsWith(half, StringComparison.Ordinal)));

        using (Autoencoder autoencoder = Autoencoder.Load(fixture.Engine, Changed))
        {
            Assert.Equal((half == "encoder.", half == "decoder."), (autoencoder.Info.HasEncoder, autoencoder.Info.HasDecoder));
        }

        await WeightsFile.QuantizeAsync(Changed, _folder.File("half.gguf"), new QuantizeOptions { Type = WeightType.F16 }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(File.Exists(_folder.File("half.gguf")));
    }

    [Fact]
    public void A_level_with_fewer_blocks_than_the_others_is_named()
    {
        OrderedDictionary<string, FloatTensor> tensors = TinyModels.ReadTensors(TinyModels.AutoencoderPath);
        int last = tensors.Keys.Where(name => name.StartsWith("decoder.up.0.block.", StringComparison.Ordinal)).Max(name => name["decoder.up.0.block.".Length] - '0');
        TinyModels.WriteTensors(Changed, tensors.Where(tensor => !tensor.Key.StartsWith($"decoder.up.1.block.{last}.", StringComparison.Ordinal)));

        AssertRefused("open/ae.safetensors", $"decoder.up.1.block.{last}");
    }

    [Theory]
    [InlineData("open/t5.safetensors", "encoder.block.0.layer.0.SelfAttention.q.bias", 40)]
    [InlineData("open/ae.safetensors", "decoder.up.0.block.0.nin_shortcut.weight", 3)]
    [InlineData("open/chroma.safetensors", "distilled_guidance_layer.norms.2.scale", 48)]
    public void A_tensor_that_has_no_place_is_not_passed_over(string model, string name, int length)
    {
        OrderedDictionary<string, FloatTensor> tensors = TinyModels.ReadTensors(Golden.PathOf(model));
        Assert.True(tensors.TryAdd(name, new FloatTensor(length)));
        TinyModels.WriteTensors(Changed, tensors);

        // A norm without its layer is a layer that is missing.
        AssertRefused(model, name.Replace("norms.2.scale", "layers.2", StringComparison.Ordinal));
    }

    [Fact]
    public void Blocks_are_as_many_as_the_metadata_says()
    {
        GgufWriter writer = new GgufWriter().Add("t5encoder.block_count", 3u);
        foreach ((string name, FloatTensor tensor) in TinyModels.ReadTensors(TinyModels.TextEncoderPath))
        {
            writer.AddTensor(name, tensor.Span.ToArray(), tensor.Shape.ToArray());
        }

        _folder.Write("changed.safetensors", writer.ToArray());

        AssertRefused("open/t5.safetensors", "t5encoder.block_count");
    }

    [Fact]
    public void A_folder_has_as_many_blocks_as_its_config_says()
    {
        File.Copy(TinyModels.TransformerPath, Changed);
        string config = _folder.File("config.json");
        File.WriteAllText(config, """{ "_class_name": "ChromaTransformer2DModel", "num_layers": 2, "num_single_layers": 4 }""");
        Assert.Contains("num_single_layers", Assert.Throws<ChromaException>(() => Transformer.Load(fixture.Engine, _folder.Path, TinyModels.TransformerOptions)).Message, StringComparison.Ordinal);

        File.WriteAllText(config, """{ "model_type": "t5", "num_layers": 24 }"""); // somebody else's
        Transformer.Load(fixture.Engine, _folder.Path, TinyModels.TransformerOptions).Dispose();
    }

    private void AssertRefused(string model, string named)
    {
        ChromaException error = Assert.Throws<ChromaException>(() => Load(model));
        Assert.Contains(Changed, error.Message, StringComparison.Ordinal);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);

        string output = _folder.File("out.gguf");
        error = Assert.Throws<ChromaException>(() => WeightsFile.QuantizeAsync(Changed, output, new QuantizeOptions { Type = WeightType.F16 }).GetAwaiter().GetResult());
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Equal([Changed], Directory.GetFiles(_folder.Path));
    }

    private void Load(string model)
    {
        using IDisposable loaded = model switch
        {
            "open/chroma.safetensors" => Transformer.Load(fixture.Engine, Changed, TinyModels.TransformerOptions),
            "open/t5.safetensors" => TextEncoder.Load(fixture.Engine, Changed),
            _ => Autoencoder.Load(fixture.Engine, Changed),
        };
    }
}
