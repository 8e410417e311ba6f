using Chroma.Models;
using Chroma.Tensors;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>A network that gives infinite or undefined values says so itself, and what they come from: no other part sees them.</summary>
public sealed class NotFiniteTests(StoredModels models) : IDisposable
{
    private const string Cause = "the file is damaged";

    private readonly List<DummyWeights> _weights = [];

    public void Dispose() => _weights.ForEach(weights => weights.Dispose());

    [Theory]
    [InlineData("shared.weight", float.NaN)]
    [InlineData("encoder.block.0.layer.0.SelfAttention.q.weight", float.NaN)]
    [InlineData("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", float.NaN)]
    [InlineData("encoder.block.0.layer.1.DenseReluDense.wi_0.weight", float.PositiveInfinity)]
    [InlineData("encoder.final_layer_norm.weight", float.NegativeInfinity)]
    public void A_text_encoder_names_itself_its_file_and_the_tensor(string tensor, float value)
    {
        DummyWeights weights = TextEncoderWeights();
        weights[tensor].Span.Fill(value);
        using TextEncoder encoder = weights.LoadTextEncoder(models.Engine);

        AssertRefused(() => encoder.Encode(Ids), "the text encoder", weights.PathOf("weights.safetensors"), tensor, Cause);
    }

    [Theory]
    [InlineData("img_in.weight", float.NaN)]
    [InlineData("txt_in.bias", float.PositiveInfinity)]
    [InlineData("distilled_guidance_layer.out_proj.bias", float.NaN)]
    [InlineData("double_blocks.0.img_attn.norm.key_norm.scale", float.NaN)]
    [InlineData("double_blocks.0.txt_mlp.2.weight", float.NegativeInfinity)]
    [InlineData("single_blocks.0.linear1.weight", float.NaN)]
    [InlineData("final_layer.linear.bias", float.PositiveInfinity)]
    public void A_transformer_names_itself_its_file_and_the_tensor(string tensor, float value)
    {
        DummyWeights weights = TransformerWeights();
        weights[tensor].Span[0] = value;
        using Transformer transformer = Load(weights);

        for (int evaluation = 0; evaluation < 2; evaluation++)
        {
            AssertRefused(() => Velocity(transformer), "the transformer", weights.PathOf("weights.safetensors"), tensor, Cause);
        }
    }

    [Fact]
    public void A_transformer_of_int8_rows_does_not_lose_a_NaN()
    {
        Assert.SkipUnless(models.Engine.Description.Contains("oneDNN", StringComparison.Ordinal), "This native library has no oneDNN.");
        DummyWeights weights = Keep(DummyWeights.Transformer(hidden: 1024, mlp: 2048, context: 16, approximatorInputs: 64, approximator: 64, heads: 8).Randomize(5));
        weights["txt_in.weight"].Span[0] = float.NaN; // stays float32: int8 activations are made of what it gives
        using Transformer transformer = Load(weights, WeightType.Int8);

        AssertRefused(() => Velocity(transformer), "the transformer", "txt_in.weight");
    }

    [Fact]
    public void A_step_cache_keeps_nothing_of_an_evaluation_that_failed()
    {
        using Transformer transformer = Load(TransformerWeights());
        using StepCache cache = new(1e9f);
        FloatTensor latent = Latent(), expected = transformer.Forward(latent, [0.8f], Context());
        latent.Span.Fill(1e38f);
        Assert.Throws<ChromaException>(() => transformer.Forward(latent, [0.9f], Context(), options: new RunOptions { StepCache = cache }));

        FloatTensor velocity = transformer.Forward(Latent(), [0.8f], Context(), options: new RunOptions { StepCache = cache });

        Assert.Equal(0, cache.Predicted);
        Assert.Equal(expected.Span.ToArray(), velocity.Span.ToArray());
    }

    [Theory]
    [InlineData("decoder.conv_in.weight", float.PositiveInfinity)]
    [InlineData("decoder.mid.attn_1.k.weight", float.NaN)]
    [InlineData("decoder.up.1.block.0.norm1.weight", float.NaN)]
    [InlineData("decoder.conv_out.bias", float.NegativeInfinity)]
    public void A_decoder_names_itself_its_file_and_the_tensor(string tensor, float value)
    {
        DummyWeights weights = Keep(DummyWeights.Autoencoder().Randomize(4));
        weights[tensor].Span[0] = value;
        using Autoencoder autoencoder = weights.LoadAutoencoder(models.Engine);
        FloatTensor latent = Filled(1, 16, 4, 4);

        foreach (Tiling tiling in (Tiling[])[Tiling.Never, new Tiling(2)])
        {
            AssertRefused(() => autoencoder.Decode(latent, tiling), "the autoencoder's decoder", weights.PathOf("weights.safetensors"), tensor, Cause);
        }
    }

    [Theory]
    [InlineData("encoder.conv_in.bias", float.NaN)]
    [InlineData("encoder.mid.attn_1.v.weight", float.PositiveInfinity)]
    [InlineData("encoder.conv_out.weight", float.NegativeInfinity)]
    public void An_encoder_names_itself_its_file_and_the_tensor(string tensor, float value)
    {
        DummyWeights weights = Keep(DummyWeights.Autoencoder().Randomize(4));
        weights[tensor].Span[0] = value;
        using Autoencoder autoencoder = weights.LoadAutoencoder(models.Engine);

        AssertRefused(() => autoencoder.Encode(Filled(1, 3, 32, 32)), "the autoencoder's encoder", weights.PathOf("weights.safetensors"), tensor, Cause);
        Assert.All(autoencoder.Decode(Filled(1, 16, 2, 2)).Span.ToArray(), pixel => Assert.True(float.IsFinite(pixel)));
    }

    [Theory]
    [InlineData(WeightType.Q8_0)]
    [InlineData(WeightType.Q5_1)]
    [InlineData(WeightType.Q4_K)]
    [InlineData(WeightType.Q6_K)]
    public async Task The_scale_of_a_quantised_block_is_looked_at_too(WeightType type)
    {
        const string Tensor = "double_blocks.0.img_attn.proj.weight";
        DummyWeights weights = Keep(DummyWeights.Transformer(hidden: 256, mlp: 512, context: 16, approximatorInputs: 64, approximator: 64, heads: 4).Randomize(5));
        string path = weights.PathOf("quantised.gguf");
        await WeightsFile.QuantizeAsync(weights.Save(), path, new QuantizeOptions { Type = type }, cancellationToken: TestContext.Current.CancellationToken);
        byte[] file = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken), tensor;
        using (WeightsFile opened = WeightsFile.Open(path))
        {
            tensor = opened.ReadBytes(Tensor);
        }

        // Half precision's NaN where the first block has its scale: Q6_K has it at its end.
        int at = file.AsSpan().IndexOf(tensor) + (type == WeightType.Q6_K ? 208 : 0);
        (file[at], file[at + 1]) = (0x00, 0x7e);
        await File.WriteAllBytesAsync(path, file, TestContext.Current.CancellationToken);
        using Transformer transformer = Transformer.Load(models.Engine, path, new ModelLoadOptions { RopeAxes = new RopeAxes(0, 64, 0) });

        AssertRefused(() => Velocity(transformer), "the transformer", path, Tensor, Cause);
    }

    [Fact]
    public void Where_all_weights_are_finite_the_sentence_says_so_and_what_is_usual()
    {
        DummyWeights weights = TextEncoderWeights();
        weights["encoder.final_layer_norm.weight"].Span.Fill(3e38f);
        using TextEncoder encoder = weights.LoadTextEncoder(models.Engine);

        AssertRefused(() => encoder.Encode(Ids), "the text encoder", "all weights of", weights.PathOf("weights.safetensors"), "are finite", "65504", "bf16");
    }

    [Fact]
    public void A_device_of_ggmls_own_kernels_finds_the_same()
    {
        using ChromaEngine engine = new(new ChromaEngineOptions { Device = "cpu", Threads = 1, Kernels = CpuKernels.Ggml });
        DummyWeights weights = TransformerWeights();
        weights["single_blocks.0.norm.query_norm.scale"].Span[0] = float.NaN;
        using Transformer transformer = weights.LoadTransformer(engine);

        AssertRefused(() => Velocity(transformer), "the transformer", "single_blocks.0.norm.query_norm.scale");
    }

    private static int[,] Ids => new[,] { { 3, 7, 11, 15, 1 } };

    private static FloatTensor Latent() => Filled(1, 16, 4, 4);

    private static FloatTensor Context() => Filled(1, 3, 16);

    private static FloatTensor Filled(params int[] shape)
    {
        FloatTensor tensor = new(shape);
        for (int i = 0; i < tensor.Length; i++)
        {
            tensor.Span[i] = MathF.Sin(i * 0.7f);
        }

        return tensor;
    }

    private static FloatTensor Velocity(Transformer transformer) => transformer.Forward(Latent(), [0.5f], Context());

    private static void AssertRefused(Func<object> run, params string[] parts)
    {
        ChromaException error = Assert.Throws<ChromaException>(run);
        Assert.Equal(ChromaErrorKind.NotFinite, error.Kind);
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    private DummyWeights TextEncoderWeights() =>
        Keep(DummyWeights.TextEncoder(hidden: 64, heads: 2, headSize: 32, feedForward: 128, vocabulary: 16).Randomize(3));

    private DummyWeights TransformerWeights() =>
        Keep(DummyWeights.Transformer(hidden: 64, mlp: 128, context: 16, approximatorInputs: 64, approximator: 32, heads: 2).Randomize(5));

    private DummyWeights Keep(DummyWeights weights)
    {
        _weights.Add(weights);
        return weights;
    }

    private Transformer Load(DummyWeights weights, WeightType type = WeightType.Stored) => Transformer.Load(
        models.Engine,
        weights.Save(),
        new ModelLoadOptions { Type = type, RopeAxes = new RopeAxes(0, weights["single_blocks.0.norm.key_norm.scale"].Length, 0) });
}
