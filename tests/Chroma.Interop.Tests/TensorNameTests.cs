using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Interop.Tests;

/// <summary>The prefixes and wrappers with which programs save models, alone and combined, one part to a file and all in one.</summary>
public sealed class TensorNameTests(EngineFixture fixture) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("module.")]
    [InlineData("_orig_mod.")]
    [InlineData("module._orig_mod.")]
    [InlineData("_orig_mod.module.")]
    [InlineData("model.diffusion_model.")]
    [InlineData("module.model.diffusion_model.")]
    [InlineData("model._orig_mod.diffusion_model._orig_mod.")]
    [InlineData("_fsdp_wrapped_module.transformer.")]
    public void Prefixes_of_the_transformer_are_passed_over(string prefix)
    {
        string path = Write("some.safetensors", Prefixed(TinyModels.TransformerPath, prefix));

        using Transformer transformer = Transformer.Load(fixture.Engine, path, TinyModels.TransformerOptions);
        new TransformerCase().RunAndCheck(transformer);
    }

    [Fact]
    public void Wrappers_within_a_name_are_passed_over()
    {
        string path = Write("some.safetensors", TinyModels.ReadTensors(TinyModels.TransformerPath).Select(tensor => KeyValuePair.Create(
            tensor.Key.Replace("blocks.1.", "blocks.1._orig_mod._checkpoint_wrapped_module.", StringComparison.Ordinal), tensor.Value)));

        using Transformer transformer = Transformer.Load(fixture.Engine, path, TinyModels.TransformerOptions);
        new TransformerCase().RunAndCheck(transformer);
    }

    [Theory]
    [InlineData("model.diffusion_model.", "text_encoders.t5xxl.transformer.", "vae.")]
    [InlineData("model.diffusion_model.", "cond_stage_model.t5xxl.transformer.", "first_stage_model.")]
    [InlineData("model.diffusion_model.", "cond_stage_model.transformer.", "first_stage_model.")]
    [InlineData("diffusion_model.", "conditioner.embedders.0.transformer.", "model.first_stage_model.")]
    [InlineData("module.transformer.", "module.text_encoder_2._orig_mod.", "_orig_mod.vae.")]
    [InlineData("", "", "")]
    public async Task All_in_one_loads_as_each_of_its_parts(string transformerPrefix, string textPrefix, string autoencoderPrefix)
    {
        string path = Write("all.safetensors", [
            .. Prefixed(TinyModels.TransformerPath, transformerPrefix),
            .. Prefixed(TinyModels.TextEncoderPath, textPrefix),
            .. Prefixed(TinyModels.AutoencoderPath, autoencoderPrefix),
            KeyValuePair.Create("text_encoders.clip_l.transformer.text_model.encoder.layers.0.self_attn.q_proj.weight", new FloatTensor(2, 2)),
        ]);
        string converted = _folder.File("all.gguf");
        await WeightsFile.QuantizeAsync(path, converted, new QuantizeOptions { Type = WeightType.F32 }, cancellationToken: TestContext.Current.CancellationToken);

        foreach (string file in (string[])[path, converted, _folder.Path])
        {
            using WeightsFile weights = file == _folder.Path ? OpenOne(path, converted) : WeightsFile.Open(file);
            Assert.Equal([ModelArchitecture.Chroma, ModelArchitecture.T5Encoder, ModelArchitecture.Autoencoder], weights.Parts);
            Assert.Contains("a T5 encoder and an autoencoder", weights.Description, StringComparison.Ordinal);
            foreach ((string part, ModelArchitecture architecture) in ((string, ModelArchitecture)[])[
                (TinyModels.TransformerPath, ModelArchitecture.Chroma),
                (TinyModels.TextEncoderPath, ModelArchitecture.T5Encoder),
                (TinyModels.AutoencoderPath, ModelArchitecture.Autoencoder)])
            {
                using WeightsFile alone = WeightsFile.Open(part);
                Assert.Equal(alone.ParameterCount, weights.Tensors.Where(tensor => tensor.Part == architecture).Sum(tensor => tensor.ElementCount));
            }

            using Transformer transformer = Transformer.Load(fixture.Engine, file, TinyModels.TransformerOptions);
            new TransformerCase().RunAndCheck(transformer);
            using TextEncoder textEncoder = TextEncoder.Load(fixture.Engine, file);
            using Autoencoder autoencoder = Autoencoder.Load(fixture.Engine, file);
            Assert.True(autoencoder.Info is { HasDecoder: true, HasEncoder: true });
        }
    }

    [Fact]
    public void A_foreign_model_gives_the_parts_that_it_has()
    {
        string path = Write("flux.safetensors", [
            .. Prefixed(TinyModels.TextEncoderPath, "text_encoders.t5xxl.transformer."),
            KeyValuePair.Create("model.diffusion_model.double_blocks.0.img_attn.qkv.weight", new FloatTensor(2, 2)),
            KeyValuePair.Create("model.diffusion_model.guidance_in.in_layer.weight", new FloatTensor(2, 2)),
        ]);

        using WeightsFile file = WeightsFile.Open(path);
        Assert.Equal((ModelArchitecture.Flux, ModelArchitecture.T5Encoder), (file.Architecture, Assert.Single(file.Parts)));
        TextEncoder.Load(fixture.Engine, path).Dispose();
        Assert.Contains("FLUX", Assert.Throws<ChromaException>(() => Transformer.Load(fixture.Engine, path)).Message, StringComparison.Ordinal);
    }

    private static IEnumerable<KeyValuePair<string, FloatTensor>> Prefixed(string path, string prefix) =>
        TinyModels.ReadTensors(path).Select(tensor => KeyValuePair.Create(prefix + tensor.Key, tensor.Value));

    // The folder holds the converted file alone, then.
    private WeightsFile OpenOne(string other, string one)
    {
        File.Delete(other);
        Assert.Equal([one], Directory.GetFiles(_folder.Path));
        return WeightsFile.Open(_folder.Path);
    }

    private string Write(string name, IEnumerable<KeyValuePair<string, FloatTensor>> tensors) => TinyModels.WriteTensors(_folder.File(name), tensors);
}
