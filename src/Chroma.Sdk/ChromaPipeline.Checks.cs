using System.Globalization;
using System.Numerics.Tensors;
using Chroma.Imaging;
using Chroma.Interop;
using Chroma.Models;
using Chroma.Noise;
using Chroma.Sampling;
using Chroma.Scheduling;
using Chroma.Tensors;
using Chroma.Tokenization;

namespace Chroma;

// What is refused before anything is computed.
public sealed partial class ChromaPipeline
{
    /// <summary>The longest side of a picture that the autoencoder takes.</summary>
    private const int MaximumImageSide = 16_384;

    /// <summary>Channels of the text encoder's states and of the transformer's context, once both are known to agree.</summary>
    private int? _contextSize;

    /// <summary>The same files by their full paths, so that a change of the working folder does not change what a later load reads.</summary>
    private static ChromaModelFiles Resolve(ChromaModelFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return files with
        {
            Transformer = Resolve(files.Transformer, nameof(files.Transformer)),
            TextEncoder = Resolve(files.TextEncoder, nameof(files.TextEncoder)),
            Autoencoder = Resolve(files.Autoencoder, nameof(files.Autoencoder)),
            Tokenizer = files.Tokenizer is null ? null : Resolve(files.Tokenizer, nameof(files.Tokenizer)),
        };
    }

    private static string Resolve(string path, string name)
    {
        if (string.IsNullOrWhiteSpace(path) || path.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{name}' must be a path, but is {(path is null ? "null" : $"'{path}'")}.", name);
        }

        return Path.GetFullPath(path);
    }

    /// <summary>Checks from their headers what <see cref="CheckParts(int, int, int)"/> checks of loaded models.</summary>
    private void CheckFiles()
    {
        using WeightsFile transformer = OpenKind(Files.Transformer, ModelArchitecture.Chroma);
        using WeightsFile encoder = OpenKind(Files.TextEncoder, ModelArchitecture.T5Encoder);
        WeightsTensor? text = transformer.Find("txt_in.weight");
        WeightsTensor? embedding = encoder.Find("shared.weight") ?? encoder.Find("encoder.embed_tokens.weight");
        if (text is { Shape.Count: 2 } && embedding is { Shape.Count: 2 })
        {
            CheckParts((int)text.Shape[1], (int)embedding.Shape[1], (int)embedding.Shape[0]);
        }
    }

    private static WeightsFile OpenKind(string path, ModelArchitecture expected)
    {
        WeightsFile file = WeightsFile.Open(path, expected);
        if (file.Parts.Contains(expected))
        {
            return file;
        }

        ModelArchitecture actual = file.Architecture;
        file.Dispose();
        throw new InvalidDataException($"'{path}' is of the kind {actual}, not {expected}.");
    }

    /// <summary>Whether the parts of the model are made for each other.</summary>
    /// <param name="context">Channels that the transformer takes.</param>
    /// <param name="hidden">Channels that the text encoder gives.</param>
    /// <param name="rows">Tokens that the text encoder knows.</param>
    private void CheckParts(int context, int hidden, int rows)
    {
        if (context != hidden)
        {
            throw new InvalidDataException(
                $"The text encoder '{Files.TextEncoder}' gives states of {hidden} channels, but the transformer '{Files.Transformer}' takes {context}.");
        }

        if (Tokenizer.VocabularySize > rows)
        {
            throw new InvalidDataException(
                $"The tokenizer of '{Files.Tokenizer ?? Files.TextEncoder}' gives ids up to {Tokenizer.VocabularySize - 1}, but the embedding of the text encoder " +
                $"'{Files.TextEncoder}' has {rows} rows, for the ids up to {rows - 1}: the two are not of one model.");
        }

        _contextSize = context;
    }

    /// <summary>The schedule. With ComfyUI's schedulers, the samplers for which ComfyUI leaves out the level before the end do without it here too.</summary>
    /// <exception cref="ArgumentException">The scheduler gives something that is no schedule.</exception>
    private static float[] Sigmas(GenerationOptions options)
    {
        string method = options.Sampler is NamedSampler named ? named.Inner.Name : options.Sampler.Name;
        bool discard = options.Scheduler is TableScheduler && method is ("dpm_2" or "dpm_2_ancestral" or "uni_pc" or "uni_pc_bh2");
        float[]? sigmas = options.Scheduler.GetSigmas(discard ? options.Steps + 1 : options.Steps, options.Schedule);
        try
        {
            sigmas = sigmas is null ? throw new ArgumentException("It gave null.")
                : discard ? SigmaSchedule.DiscardPenultimate(sigmas)
                : [.. sigmas];
            SamplerRun.CheckSigmas(sigmas);
            return sigmas;
        }
        catch (ArgumentException error)
        {
            string why = error.ParamName is null ? error.Message : error.Message.Replace($" (Parameter '{error.ParamName}')", "", StringComparison.Ordinal);
            throw GenerationOptions.Fault(
                nameof(GenerationOptions.Scheduler),
                string.Create(CultureInfo.InvariantCulture, $"The scheduler '{options.Scheduler.Name}' has no usable schedule of {options.Steps} steps. {why}"),
                error);
        }
    }

    private static INoiseGenerator NoiseOf(GenerationOptions options, ulong seed) => options.Noise(seed)
        ?? throw GenerationOptions.Fault(nameof(GenerationOptions.Noise), "The noise option made no generator, but null.");

    private static FloatTensor DrawNoise(GenerationOptions options, ulong seed, out string name)
    {
        INoiseGenerator generator = NoiseOf(options, seed);
        FloatTensor noise = generator.Draw(1, LatentChannels, options.DrawnHeight / Downscale, options.DrawnWidth / Downscale);
        CheckNoise(noise.Span);
        name = generator.Name ?? generator.GetType().Name;
        return noise;
    }

    private static void CheckNoise(ReadOnlySpan<float> noise)
    {
        if (!TensorPrimitives.IsFiniteAll(noise))
        {
            throw GenerationOptions.Fault(nameof(GenerationOptions.Noise), "The noise generator gave a number that is not finite.");
        }
    }

    /// <summary>Refuses a picture that, with its prompt, has more tokens than the transformer takes.</summary>
    private static void CheckTokens(int imageTokens, int textTokens, string name)
    {
        if (imageTokens + textTokens > GenerationOptions.MaximumTokens)
        {
            throw new ArgumentException(
                $"The picture has {imageTokens} tokens and the prompt {textTokens}, but together they may be {GenerationOptions.MaximumTokens} at most.", name);
        }
    }

    private static void CheckLatent(FloatTensor latent, int step, int mostSide)
    {
        ReadOnlySpan<int> shape = latent.Shape;
        if (shape.Length != 4 || shape[0] != 1 || shape[1] != LatentChannels || Array.Exists([shape[2], shape[3]], side => side < step || side > mostSide || side % step != 0))
        {
            string even = step == 2 ? "even " : "";
            throw new ArgumentException($"The latent must be [1, {LatentChannels}, h, w] with {even}sides of {step} to {mostSide}, but is {latent}.", nameof(latent));
        }

        if (!TensorPrimitives.IsFiniteAll(latent.Span))
        {
            throw new ArgumentException("The latent has a value that is not finite.", nameof(latent));
        }
    }

    private void CheckEmbedding(PromptEmbedding? prompt, FloatTensor latent, string name)
    {
        if (prompt is null)
        {
            return;
        }

        if (_contextSize is int size && prompt.States.Shape[2] != size)
        {
            throw new ArgumentException($"The prompt's states have {prompt.States.Shape[2]} channels, but the transformer takes {size}.", name);
        }

        CheckTokens(latent.Shape[2] / 2 * (latent.Shape[3] / 2), prompt.States.Shape[1], name);
    }

    private static void CheckImage(ChromaImage image)
    {
        if (image.Width > MaximumImageSide || image.Height > MaximumImageSide)
        {
            throw new ArgumentException($"The picture must have sides up to {MaximumImageSide} pixels, but is {image.Width}x{image.Height}.", nameof(image));
        }
    }

    private static ChromaException NotFinite(string part, string what) =>
        new(chroma_status.CHROMA_ERROR_FORMAT, $"{part} gave {what} that are not finite. {CheckedDenoiser.UsualCauses}");
}
