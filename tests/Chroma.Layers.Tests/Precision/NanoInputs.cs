using System.Numerics.Tensors;
using Chroma.Models;
using Chroma.Tensors;
using Chroma.Tokenization;

namespace Chroma.Layers.Tests.Precision;

/// <summary>chroma-nano's files, and what its networks are given when it draws: a prompt's tokens and states, and latents on the way to a picture.</summary>
internal static class NanoInputs
{
    private const int Side = 128;

    public static string TransformerPath => Path.Combine(ChromaNano.Folder, "chroma-nano-transformer.gguf");

    public static string TextEncoderPath => Path.Combine(ChromaNano.Folder, "chroma-nano-t5.gguf");

    public static string AutoencoderPath => Path.Combine(ChromaNano.Folder, "chroma-nano-autoencoder.gguf");

    /// <summary>The ids of a prompt and one padding token, [1, T].</summary>
    public static int[,] Ids()
    {
        T5Tokenizer tokenizer = T5Tokenizer.Load(TextEncoderPath);
        ReadOnlySpan<int> prompt = tokenizer.EncodePrompt("a large red square to the left of a small yellow circle on a blue background").Ids;
        int[,] ids = new int[1, prompt.Length + 1];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[0, i] = i < prompt.Length ? prompt[i] : tokenizer.PadId;
        }

        return ids;
    }

    /// <summary>The latent of a red square on blue as the decoder takes it, [1, 16, side / 8, side / 8].</summary>
    public static FloatTensor PictureLatent(ChromaEngine engine, int side)
    {
        FloatTensor picture = new(1, 3, side, side);
        int pixels = side * side;
        for (int i = 0; i < pixels; i++)
        {
            bool inside = Math.Max(Math.Abs((i % side) - (side / 2)), Math.Abs((i / side) - (side / 2))) < side / 4;
            (picture.Span[i], picture.Span[pixels + i], picture.Span[(2 * pixels) + i]) = inside ? (0.9f, -0.8f, -0.8f) : (-0.8f, -0.6f, 0.9f);
        }

        using Autoencoder autoencoder = Autoencoder.Load(engine, AutoencoderPath);
        return autoencoder.Encode(picture).Mean;
    }

    /// <summary>What the transformer is given on the way to that picture, at three times.</summary>
    public static IEnumerable<TransformerSample> Samples(ChromaEngine engine)
    {
        using TextEncoder encoder = TextEncoder.Load(engine, TextEncoderPath);
        using Autoencoder autoencoder = Autoencoder.Load(engine, AutoencoderPath);
        FloatTensor context = encoder.Encode(Ids());
        FloatTensor picture = PictureLatent(engine, Side);
        TensorPrimitives.Subtract(picture.Span, autoencoder.Info.ShiftFactor, picture.Span);
        TensorPrimitives.Multiply(picture.Span, autoencoder.Info.ScaleFactor, picture.Span);
        FloatTensor noise = ChromaPipeline.CreateNoise(GenerationOptions.HD with { Width = Side, Height = Side, Seed = 3 }, 0);
        foreach (float time in new[] { 0.95f, 0.5f, 0.15f })
        {
            FloatTensor latent = new(picture.Shape);
            TensorPrimitives.Lerp(picture.Span, noise.Span, time, latent.Span);
            yield return new TransformerSample(latent, context, time);
        }
    }
}
