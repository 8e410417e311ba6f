using Chroma.Models;
using Chroma.Tensors;

namespace Chroma.Testing;

/// <summary>The tiny random networks of tests/golden/open, with the inputs that tests/golden/layers has for them.</summary>
public static class TinyModels
{
    /// <summary>What the transformer's shapes cannot tell.</summary>
    public static ModelLoadOptions TransformerOptions { get; } = new() { RopeAxes = new RopeAxes(8, 12, 12) };

    /// <summary>The transformer: hidden 64, 2 heads, 2 double and 3 single blocks.</summary>
    public static string TransformerPath => Golden.PathOf("open/chroma.safetensors");

    /// <summary>The text encoder: 512 ids, d_model 40, 2 layers.</summary>
    public static string TextEncoderPath => Golden.PathOf("open/t5.safetensors");

    /// <summary>The autoencoder: 32 channels, 16 latent channels.</summary>
    public static string AutoencoderPath => Golden.PathOf("open/ae.safetensors");

    /// <summary>Reads all tensors of one of the files, in their order, so that a test can change what it is about.</summary>
    /// <param name="path">The file.</param>
    public static OrderedDictionary<string, FloatTensor> ReadTensors(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        OrderedDictionary<string, FloatTensor> tensors = new(StringComparer.Ordinal);
        foreach (SafetensorsTensor tensor in file.Tensors)
        {
            tensors.Add(tensor.Name, file.ReadFloats(tensor.Name));
        }

        return tensors;
    }

    /// <summary>Writes tensors as safetensors.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">The tensors by name.</param>
    /// <returns>The path.</returns>
    public static string WriteTensors(string path, IEnumerable<KeyValuePair<string, FloatTensor>> tensors)
    {
        SafetensorsWriter writer = new();
        foreach ((string name, FloatTensor tensor) in tensors)
        {
            writer.Add(name, tensor);
        }

        writer.Save(path);
        return path;
    }

    /// <summary>Loads the transformer.</summary>
    /// <param name="engine">What it runs on.</param>
    public static Transformer LoadTransformer(ChromaEngine engine) => Transformer.Load(engine, TransformerPath, TransformerOptions);

    /// <summary>Reads a mask, [B, T].</summary>
    /// <param name="caseName">The stored case.</param>
    /// <param name="tensor">The tensor in it; anything but 0 is true.</param>
    public static bool[,] ReadMask(string caseName, string tensor)
    {
        FloatTensor stored = Golden.Floats(caseName, tensor);
        bool[,] mask = new bool[stored.Shape[0], stored.Shape[1]];
        for (int i = 0; i < stored.Length; i++)
        {
            mask[i / stored.Shape[1], i % stored.Shape[1]] = stored.Span[i] != 0;
        }

        return mask;
    }
}

/// <summary>A stored forward call of the tiny transformer: two prompts of 5 and 2 real tokens in 8, at two times.</summary>
public sealed class TransformerCase
{
    private const string Inputs = "layers/transformer.inputs";

    /// <summary>How far float32 implementations of it are apart at most: 10 x what was measured between independent ones.</summary>
    public const double Tolerance = 6.4e-5;

    /// <summary>The latents, [2, 16, 6, 4].</summary>
    public FloatTensor Latent { get; } = Golden.Floats(Inputs, "latent");

    /// <summary>The noise levels, [2].</summary>
    public FloatTensor Timestep { get; } = Golden.Floats(Inputs, "timestep");

    /// <summary>The states of the text encoder, [2, 8, 40].</summary>
    public FloatTensor Context { get; } = Golden.Floats(Inputs, "context");

    /// <summary>The tokens that exist for the transformer, [2, 8].</summary>
    public bool[,] Mask { get; } = TinyModels.ReadMask(Inputs, "context_mask");

    /// <summary>Reads the output of a layer.</summary>
    /// <param name="name">The layer's name; <c>velocity</c> is the result.</param>
    public static FloatTensor Expected(string name) => Golden.Floats("layers/transformer.outputs", name);

    /// <summary>Runs the case.</summary>
    /// <param name="transformer">The tiny transformer.</param>
    /// <param name="options">Options of the run.</param>
    public FloatTensor Run(Transformer transformer, RunOptions? options = null) =>
        transformer.Forward(Latent, Timestep.Span, Context, Mask, options);

    /// <summary>Runs the case and asserts its result.</summary>
    /// <param name="transformer">The tiny transformer.</param>
    public void RunAndCheck(Transformer transformer) => Agree.WithinAbsolute(Run(transformer), Expected("velocity"), Tolerance, "velocity");
}
