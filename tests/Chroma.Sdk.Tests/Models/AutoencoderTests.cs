using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Sdk.Tests.Models;

public sealed class AutoencoderTests(EngineFixture fixture) : IDisposable
{
    private const double Tolerance = 3.7e-5; // 10 x what independent float32 implementations were apart

    private readonly Autoencoder _autoencoder = Autoencoder.Load(fixture.Engine, TinyModels.AutoencoderPath);
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _autoencoder.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void What_it_is_is_found_in_the_file()
    {
        Assert.Equal((16, 8), (_autoencoder.Info.LatentChannels, _autoencoder.Info.Downscale));
        Assert.True(_autoencoder.Info.HasEncoder && _autoencoder.Info.HasDecoder);
        Assert.Equal((0.3611f, 0.1159f), (_autoencoder.Info.ScaleFactor, _autoencoder.Info.ShiftFactor));
    }

    [Fact]
    public void A_latent_becomes_the_picture_of_the_reference() => Agree.WithinAbsolute(
        _autoencoder.Decode(Golden.Floats("layers/autoencoder_decoder.inputs", "latent")),
        Golden.Floats("layers/autoencoder_decoder.outputs", "image"),
        Tolerance,
        "image");

    [Fact]
    public void A_picture_becomes_the_latent_of_the_reference()
    {
        LatentDistribution latent = _autoencoder.Encode(Golden.Floats("layers/autoencoder_encoder.inputs", "image"));

        Agree.WithinAbsolute(latent.Mean, Golden.Floats("layers/autoencoder_encoder.outputs", "mean"), Tolerance, "mean");
        Agree.WithinAbsolute(latent.LogVariance, Golden.Floats("layers/autoencoder_encoder.outputs", "logvar"), Tolerance, "logvar");
    }

    [Fact]
    public void Memory_is_planned_for_both_ways()
    {
        Assert.True(_autoencoder.PlanDecode(1, 3, 2).ComputeBytes > 0);
        Assert.True(_autoencoder.PlanEncode(1, 24, 16).ComputeBytes > 0);
    }

    [Fact]
    public void A_file_with_only_a_decoder_decodes_and_says_that_it_cannot_encode()
    {
        string path = _folder.File("decoder.safetensors");
        using (SafetensorsFile whole = SafetensorsFile.Open(TinyModels.AutoencoderPath))
        {
            SafetensorsWriter.Save(path, whole.Tensors
                .Where(tensor => tensor.Name.StartsWith("decoder.", StringComparison.Ordinal))
                .Select(tensor => KeyValuePair.Create(tensor.Name, whole.ReadFloats(tensor.Name))));
        }

        using Autoencoder half = Autoencoder.Load(fixture.Engine, path);

        Assert.True(half.Info is { HasEncoder: false, HasDecoder: true });
        Assert.Equal([1, 3, 24, 16], half.Decode(Golden.Floats("layers/autoencoder_decoder.inputs", "latent")).Shape);
        Assert.Equal(ChromaErrorKind.MissingTensor, Assert.Throws<ChromaException>(() => half.Encode(new FloatTensor(1, 3, 8, 8))).Kind);
    }

    [Fact]
    public void Arguments_that_do_not_fit_are_named()
    {
        Refuse("latent", () => _autoencoder.Decode(null!));
        Refuse("latent", () => _autoencoder.Decode(new FloatTensor(1, 15, 2, 2)));
        Refuse("latent", () => _autoencoder.Decode(new FloatTensor(16, 2, 2)));
        Refuse("latent", () => _autoencoder.Decode(new FloatTensor(1, 16, 0, 2)));
        Refuse("tiling", () => _autoencoder.Decode(new FloatTensor(1, 16, 2, 2), new Tiling(-2)));
        Refuse("tiling", () => _autoencoder.Decode(new FloatTensor(1, 16, 2, 2), new Tiling(4, 4)));
        Refuse("image", () => _autoencoder.Encode(new FloatTensor(1, 4, 8, 8)));
        Refuse("image", () => _autoencoder.Encode(new FloatTensor(1, 3, 8, 9)));
        Refuse("image", () => _autoencoder.Encode(new FloatTensor(0, 3, 8, 8)));
        Refuse("height", () => _autoencoder.PlanDecode(1, 0, 2));
    }

    private static void Refuse(string parameter, Action action) =>
        Assert.Equal(parameter, Assert.ThrowsAny<ArgumentException>(action).ParamName);
}
