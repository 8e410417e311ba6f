using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>
/// Every layer that a PyTorch hook sees, under its name, in its shape, with its numbers: dumps of the project's own PyTorch reference
/// (tests/golden/layers) against the engine's taps.
/// </summary>
public class LayerDumpTests(StoredModels models)
{
    [Fact]
    public void Every_layer_of_the_transformer_agrees()
    {
        using SafetensorsFile inputs = Golden.Open("layers/transformer.inputs");

        CompareTransformer(models.Transformer, inputs, inputs.ReadFloats("context_mask").ToMask(), "layers/transformer.outputs");
    }

    [Fact]
    public void Every_layer_of_a_transformer_of_other_sizes_agrees()
    {
        using SafetensorsFile inputs = Golden.Open("layers/transformer_other.inputs");
        using Transformer other = Transformer.Load(
            models.Engine, Golden.PathOf("layers/transformer_other.weights.safetensors"), new ModelLoadOptions { RopeAxes = new RopeAxes(4, 6, 6) });

        CompareTransformer(other, inputs, null, "layers/transformer_other.outputs");
    }

    [Fact]
    public void Every_layer_of_the_text_encoder_agrees()
    {
        (int[,] ids, bool[,] mask) = TextInputs();
        Layers layers = new("*");

        FloatTensor states = models.TextEncoder.Encode(ids, mask, TextMask.Key, layers.Options);

        // Hugging Face's T5 has modules that this project's reference leaves out: the embedding under its second name, the activation, and
        // the whole stack.
        Agree.WithinAbsolute(layers.Remove("encoder.embed_tokens"), layers["shared"], 0, "encoder.embed_tokens");
        Agree.WithinAbsolute(layers.Remove("encoder"), states, 0, "encoder");
        for (int block = 0; block < models.TextEncoder.Info.Layers; block++)
        {
            string part = $"encoder.block.{block}.layer.1.DenseReluDense";
            FloatTensor activation = models.Function("gelu", ("x", layers[$"{part}.wi_0"]));
            Agree.WithinAbsolute(layers.Remove($"{part}.act"), activation, 0, $"{part}.act");
        }

        Compare("layers/text_encoder.outputs", layers, Tolerances.MaskedTextEncoder, ("last_hidden_state", states));
    }

    [Theory]
    [InlineData(TextMask.Training, "layers/text_encoder.training")]
    [InlineData(TextMask.None, "layers/text_encoder.none")]
    public void The_other_treatments_of_padding_agree(TextMask mask, string dump)
    {
        (int[,] ids, bool[,] attentionMask) = TextInputs();

        FloatTensor states = models.TextEncoder.Encode(ids, attentionMask, mask);

        Agree.RelativeOfMax(states, Golden.Floats(dump, "last_hidden_state"), Tolerances.MaskedTextEncoder, dump);
    }

    [Fact]
    public void Every_layer_of_the_encoder_agrees()
    {
        Layers layers = new("*");

        LatentDistribution latent = models.Autoencoder.Encode(Golden.Floats("layers/autoencoder_encoder.inputs", "image"), options: layers.Options);

        Agree.WithinAbsolute(layers.Remove("encoder"), layers["encoder.conv_out"], 0, "encoder");
        Compare("layers/autoencoder_encoder.outputs", layers, Tolerances.Encoder, ("mean", latent.Mean), ("logvar", latent.LogVariance));
    }

    [Fact]
    public void Every_layer_of_the_decoder_agrees()
    {
        Layers layers = new("*");

        FloatTensor image = models.Autoencoder.Decode(Golden.Floats("layers/autoencoder_decoder.inputs", "latent"), options: layers.Options);

        Agree.WithinAbsolute(layers.Remove("decoder"), image, 0, "decoder");
        Compare("layers/autoencoder_decoder.outputs", layers, Tolerances.Decoder, ("image", image));
    }

    private static void CompareTransformer(Transformer transformer, SafetensorsFile inputs, bool[,]? mask, string dump)
    {
        Layers layers = new("*");
        FloatTensor velocity = transformer.Forward(
            inputs.ReadFloats("latent"), inputs.ReadFloats("timestep").Span, inputs.ReadFloats("context"), mask, layers.Options);

        Compare(dump, layers, Tolerances.MaskedTransformer, ("velocity", velocity));
    }

    private static (int[,] Ids, bool[,] Mask) TextInputs()
    {
        using SafetensorsFile inputs = Golden.Open("layers/text_encoder.inputs");
        return (inputs.ReadFloats("input_ids").ToIds(), inputs.ReadFloats("attention_mask").ToMask());
    }

    // The same keys on both sides, and each tensor in agreement.
    private static void Compare(string dump, Layers layers, double tolerance, params (string Name, FloatTensor Tensor)[] results)
    {
        using SafetensorsFile stored = Golden.Open(dump);
        Assert.Equal(
            stored.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal),
            layers.Names.Concat(results.Select(result => result.Name)).Order(StringComparer.Ordinal));

        foreach (SafetensorsTensor tensor in stored.Tensors)
        {
            FloatTensor actual = results.FirstOrDefault(result => result.Name == tensor.Name).Tensor ?? layers[tensor.Name];
            Agree.RelativeOfMax(actual, stored.ReadFloats(tensor.Name), tolerance, $"{dump}: {tensor.Name}");
        }
    }
}
