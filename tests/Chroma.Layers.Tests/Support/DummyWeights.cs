using System.Numerics.Tensors;
using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;

namespace Chroma.Layers.Tests;

/// <summary>
/// A checkpoint made up by a test: all its tensors in the original names, zeros but for the norms' scales, which are ones. A test sets those
/// that it is about, small enough to work the result out by hand.
/// </summary>
internal sealed class DummyWeights : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly OrderedDictionary<string, FloatTensor> _tensors = new(StringComparer.Ordinal);

    private DummyWeights()
    {
    }

    /// <summary>A tensor, to write into.</summary>
    public FloatTensor this[string name] => _tensors[name];

    /// <summary>Every tensor by name.</summary>
    public IEnumerable<KeyValuePair<string, FloatTensor>> Tensors => _tensors;

    /// <summary>A transformer of one double and one single block, one head, a two-layer MLP, and an Approximator of one layer.</summary>
    /// <param name="hidden">The width and the head size.</param>
    /// <param name="mlp">The width of the MLPs.</param>
    /// <param name="context">Channels of the text.</param>
    /// <param name="approximatorInputs">Channels of the Approximator's input, a multiple of 8.</param>
    /// <param name="approximator">The width of the Approximator.</param>
    /// <param name="heads">Heads that the width is divided into.</param>
    public static DummyWeights Transformer(
        int hidden = 2, int mlp = 2, int context = 2, int approximatorInputs = 8, int approximator = 2, int heads = 1)
    {
        const int TokenChannels = 64;
        DummyWeights weights = new();
        weights.AddLinear("img_in", TokenChannels, hidden);
        weights.AddLinear("txt_in", context, hidden);
        weights.AddLinear("distilled_guidance_layer.in_proj", approximatorInputs, approximator);
        weights.AddLinear("distilled_guidance_layer.layers.0.in_layer", approximator, approximator);
        weights.AddLinear("distilled_guidance_layer.layers.0.out_layer", approximator, approximator);
        weights.AddOnes("distilled_guidance_layer.norms.0.scale", approximator);
        weights.AddLinear("distilled_guidance_layer.out_proj", approximator, hidden);
        foreach (string side in new[] { "double_blocks.0.img", "double_blocks.0.txt" })
        {
            weights.AddLinear($"{side}_attn.qkv", hidden, 3 * hidden);
            weights.AddQKNorm($"{side}_attn.norm", hidden / heads);
            weights.AddLinear($"{side}_attn.proj", hidden, hidden);
            weights.AddLinear($"{side}_mlp.0", hidden, mlp);
            weights.AddLinear($"{side}_mlp.2", mlp, hidden);
        }

        weights.AddLinear("single_blocks.0.linear1", hidden, (3 * hidden) + mlp);
        weights.AddLinear("single_blocks.0.linear2", hidden + mlp, hidden);
        weights.AddQKNorm("single_blocks.0.norm", hidden / heads);
        weights.AddLinear("final_layer.linear", hidden, TokenChannels);
        return weights;
    }

    /// <summary>A T5 encoder of one block with 32 position buckets.</summary>
    /// <param name="hidden">The width.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="headSize">Channels of each.</param>
    /// <param name="feedForward">The width of the feed-forward part.</param>
    /// <param name="vocabulary">Pieces.</param>
    public static DummyWeights TextEncoder(int hidden = 2, int heads = 1, int headSize = 2, int feedForward = 2, int vocabulary = 4)
    {
        const int Buckets = 32;
        DummyWeights weights = new();
        weights.Add("shared.weight", vocabulary, hidden);
        const string Attention = "encoder.block.0.layer.0.SelfAttention";
        foreach (string projection in new[] { "q", "k", "v" })
        {
            weights.Add($"{Attention}.{projection}.weight", heads * headSize, hidden);
        }

        weights.Add($"{Attention}.o.weight", hidden, heads * headSize);
        weights.Add($"{Attention}.relative_attention_bias.weight", Buckets, heads);
        weights.AddOnes("encoder.block.0.layer.0.layer_norm.weight", hidden);
        weights.Add("encoder.block.0.layer.1.DenseReluDense.wi_0.weight", feedForward, hidden);
        weights.Add("encoder.block.0.layer.1.DenseReluDense.wi_1.weight", feedForward, hidden);
        weights.Add("encoder.block.0.layer.1.DenseReluDense.wo.weight", hidden, feedForward);
        weights.AddOnes("encoder.block.0.layer.1.layer_norm.weight", hidden);
        weights.AddOnes("encoder.final_layer_norm.weight", hidden);
        return weights;
    }

    /// <summary>An autoencoder of four levels with 32 channels everywhere, so that each group of its norms is one channel.</summary>
    public static DummyWeights Autoencoder()
    {
        const int Channels = 32, Latent = 16, Levels = 4;
        DummyWeights weights = new();
        weights.AddConvolution("encoder.conv_in", 3, Channels);
        weights.AddConvolution("decoder.conv_in", Latent, Channels);
        for (int level = 0; level < Levels; level++)
        {
            weights.AddResBlock($"encoder.down.{level}.block.0", Channels);
            weights.AddResBlock($"decoder.up.{level}.block.0", Channels);
            weights.AddResBlock($"decoder.up.{level}.block.1", Channels);
            if (level < Levels - 1)
            {
                weights.AddConvolution($"encoder.down.{level}.downsample.conv", Channels, Channels);
            }

            if (level > 0)
            {
                weights.AddConvolution($"decoder.up.{level}.upsample.conv", Channels, Channels);
            }
        }

        foreach (string half in new[] { "encoder", "decoder" })
        {
            weights.AddResBlock($"{half}.mid.block_1", Channels);
            weights.AddNorm($"{half}.mid.attn_1.norm", Channels);
            foreach (string projection in new[] { "q", "k", "v", "proj_out" })
            {
                weights.AddConvolution($"{half}.mid.attn_1.{projection}", Channels, Channels, side: 1);
            }

            weights.AddResBlock($"{half}.mid.block_2", Channels);
            weights.AddNorm($"{half}.norm_out", Channels);
        }

        weights.AddConvolution("encoder.conv_out", Channels, 2 * Latent);
        weights.AddConvolution("decoder.conv_out", Channels, 3);
        return weights;
    }

    /// <summary>Sets all elements of a tensor, row by row.</summary>
    public DummyWeights Set(string name, params float[] values)
    {
        values.CopyTo(_tensors[name].Span);
        return values.Length == _tensors[name].Length
            ? this
            : throw new ArgumentException($"{name} is {_tensors[name]}, but got {values.Length} values.", nameof(values));
    }

    /// <summary>Sets one element of a tensor.</summary>
    public DummyWeights SetAt(string name, ReadOnlySpan<int> position, float value)
    {
        FloatTensor tensor = _tensors[name];
        int index = 0;
        for (int axis = 0; axis < position.Length; axis++)
        {
            index = (index * tensor.Shape[axis]) + position[axis];
        }

        tensor.Span[index] = value;
        return this;
    }

    /// <summary>Multiplies all elements of a tensor.</summary>
    public DummyWeights Scale(string name, float factor)
    {
        TensorPrimitives.Multiply(_tensors[name].Span, factor, _tensors[name].Span);
        return this;
    }

    /// <summary>Fills everything with random numbers that keep the activations near 1; the same for the same seed.</summary>
    public DummyWeights Randomize(int seed)
    {
        Random random = new(seed);
        foreach ((string name, FloatTensor tensor) in _tensors)
        {
            bool isNorm = tensor.Rank == 1 && !name.EndsWith("bias", StringComparison.Ordinal);
            double scale = tensor.Rank == 1 ? 0.1 : 1 / Math.Sqrt(tensor.Length / tensor.Shape[0]);
            foreach (ref float value in tensor.Span)
            {
                double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
                value = (float)((isNorm ? 1 : 0) + (scale * normal));
            }
        }

        return this;
    }

    /// <summary>Writes the checkpoint as safetensors into a folder of its own, which goes away with this.</summary>
    public string Save()
    {
        string path = PathOf("weights.safetensors");
        SafetensorsWriter.Save(path, _tensors);
        return path;
    }

    /// <summary>A path in the checkpoint's folder.</summary>
    public string PathOf(string fileName) => _folder.File(fileName);

    /// <summary>Writes and loads a transformer whose head is turned by the row position alone.</summary>
    public Transformer LoadTransformer(ChromaEngine engine) =>
        Models.Transformer.Load(engine, Save(), new ModelLoadOptions { RopeAxes = new RopeAxes(0, this["single_blocks.0.norm.key_norm.scale"].Length, 0) });

    /// <summary>Writes and loads a text encoder.</summary>
    public TextEncoder LoadTextEncoder(ChromaEngine engine, ModelLoadOptions? options = null) => Models.TextEncoder.Load(engine, Save(), options);

    /// <summary>Writes and loads an autoencoder.</summary>
    public Autoencoder LoadAutoencoder(ChromaEngine engine) => Models.Autoencoder.Load(engine, Save());

    public void Dispose() => _folder.Dispose();

    private void Add(string name, params int[] shape) => _tensors.Add(name, new FloatTensor(shape));

    private void AddOnes(string name, int length)
    {
        Add(name, length);
        _tensors[name].Span.Fill(1);
    }

    private void AddLinear(string name, int inputs, int outputs)
    {
        Add($"{name}.weight", outputs, inputs);
        Add($"{name}.bias", outputs);
    }

    private void AddQKNorm(string name, int headSize)
    {
        AddOnes($"{name}.query_norm.scale", headSize);
        AddOnes($"{name}.key_norm.scale", headSize);
    }

    private void AddNorm(string name, int channels)
    {
        AddOnes($"{name}.weight", channels);
        Add($"{name}.bias", channels);
    }

    private void AddConvolution(string name, int inputs, int outputs, int side = 3)
    {
        Add($"{name}.weight", outputs, inputs, side, side);
        Add($"{name}.bias", outputs);
    }

    private void AddResBlock(string name, int channels)
    {
        AddNorm($"{name}.norm1", channels);
        AddConvolution($"{name}.conv1", channels, channels);
        AddNorm($"{name}.norm2", channels);
        AddConvolution($"{name}.conv2", channels, channels);
    }
}
