using System.Collections.ObjectModel;
using System.Globalization;
using System.Numerics.Tensors;
using Chroma.Imaging;
using Chroma.Models;
using Chroma.Noise;
using Chroma.Sampling;
using Chroma.Scheduling;
using Chroma.Tensors;
using Chroma.Tokenization;
using Microsoft.Extensions.Logging;

namespace Chroma;

// The stages behind the public members; all of them run under the gate, on a thread of the pool.
public sealed partial class ChromaPipeline
{
    /// <summary>Channels of a latent.</summary>
    private const int LatentChannels = 16;

    /// <summary>Pixels per latent pixel.</summary>
    private const int Downscale = 8;

    private Task<bool> LoadModelsAsync(IProgress<double>? progress, CancellationToken cancellationToken) => RunAsync(
        token =>
        {
            // In OneAtATime, only what stays in memory throughout is loaded now; the others are checked, so that a wrong file is known at once.
            if (_options.Memory == MemoryMode.OneAtATime)
            {
                CheckFiles();
                _autoencoder.Get(Part(progress, 0, 1), token);
                _fingerprints = Fingerprints();
                return true;
            }

            _autoencoder.Get(Part(progress, 0, 0.05), token);
            TextEncoderInfo encoder = _textEncoder.Get(Part(progress, 0.05, 0.35), token).Info;
            TransformerInfo transformer = _transformer.Get(Part(progress, 0.35, 1), token).Info;
            CheckParts(transformer.ContextSize, encoder.HiddenSize, encoder.VocabularySize);
            _fingerprints = Fingerprints();
            return true;
        },
        cancellationToken);

    private static SynchronousProgress<LoadProgress>? Part(IProgress<double>? progress, double from, double to) => progress is null
        ? null
        : new SynchronousProgress<LoadProgress>(load => progress.Report(from + ((to - from) * load.Fraction)));

    private List<ChromaImage> Generate(
        IReadOnlyList<string> prompts, GenerationOptions options, ulong seed, IProgress<GenerationProgress>? progress, CancellationToken token)
    {
        int images = prompts.Count * options.Count;
        bool guided = options.Guidance != 1;
        List<string> texts = [.. prompts];
        if (guided)
        {
            texts.Add(options.NegativePrompt);
        }

        // All that can be refused is, before anything is computed.
        float[] sigmas = Sigmas(options);
        FloatTensor? noise = DrawNoise(options, seed, out string noiseName);
        CheckTokens(options.ImageTokens, texts.Max(text => SeenTokens(Tokenizer.EncodePrompt(text, _options.MaximumTokens), options)), nameof(prompts));

        PromptEmbedding[] embeddings = Encode(texts, options, new ProgressScope(progress, 0, images), token);
        List<ChromaImage> results = [];
        for (int prompt = 0; prompt < prompts.Count; prompt++)
        {
            for (int k = 0; k < options.Count; k++)
            {
                ulong imageSeed = unchecked(seed + (ulong)k);
                ProgressScope scope = new(progress, results.Count, images);
                FloatTensor latent = Denoise(
                    noise ?? CreateNoise(options, imageSeed), embeddings[prompt], guided ? embeddings[^1] : null, options, sigmas, imageSeed, scope, token);
                noise = null;
                ChromaImage image = Decode(latent, scope, token).Crop(options.Width, options.Height);
                results.Add(new ChromaImage(image.Width, image.Height, image.Pixels.ToArray())
                {
                    Parameters = Describe(prompts[prompt], options, sigmas, noiseName, imageSeed),
                });
            }
        }

        return results;
    }

    private PromptEmbedding[] Encode(List<string> texts, GenerationOptions options, ProgressScope? scope, CancellationToken token)
    {
        PromptEmbedding?[] embeddings = [.. texts.Select(text => _prompts.TryGet(text, options, out PromptEmbedding? embedding) ? embedding : null)];
        if (embeddings.Contains(null))
        {
            if (_options.Memory == MemoryMode.OneAtATime)
            {
                _transformer.Release();
            }

            TextEncoder encoder = _textEncoder.Get(LoadReport(scope, GenerationStage.LoadingTextEncoder), token);
            for (int i = 0; i < texts.Count; i++)
            {
                if (embeddings[i] is null && !_prompts.TryGet(texts[i], options, out embeddings[i]))
                {
                    embeddings[i] = EncodeOne(encoder, texts[i], options, token);
                    _prompts.Add(texts[i], options, embeddings[i]!);
                }

                scope?.Report(GenerationStage.EncodingPrompt, (i + 1.0) / texts.Count);
            }
        }

        foreach (PromptEmbedding cut in embeddings.OfType<PromptEmbedding>().Where(embedding => embedding.IsTruncated))
        {
            LogTruncated(_logger, cut.Text[..Math.Min(cut.Text.Length, 40)], cut.UntruncatedTokenCount, cut.TokenCount);
        }

        return embeddings!;
    }

    /// <summary>How many tokens of a prompt the transformer sees, padding included.</summary>
    private int SeenTokens(TokenizedPrompt prompt, GenerationOptions options) =>
        Math.Min(prompt.Length + options.PaddingTokens, Math.Max(_options.MaximumTokens, prompt.Length));

    private PromptEmbedding EncodeOne(TextEncoder encoder, string text, GenerationOptions options, CancellationToken token)
    {
        TokenizedPrompt prompt = Tokenizer.EncodePrompt(text, _options.MaximumTokens);

        // Hidden padding changes nothing, so T5 runs on what the transformer sees. Under the training mask, padding queries average over every
        // position, and so all of them must be there.
        int kept = SeenTokens(prompt, options);
        int length = options.TextMask == TextMask.Training ? Math.Max(_options.MaximumTokens, kept) : kept;
        int[,] ids = new int[1, length];
        bool[,] mask = new bool[1, length];
        for (int i = 0; i < length; i++)
        {
            mask[0, i] = i < prompt.Length;
            ids[0, i] = mask[0, i] ? prompt.Ids[i] : Tokenizer.PadId;
        }

        FloatTensor states = encoder.Encode(ids, mask, options.TextMask, new RunOptions { CancellationToken = token });
        int channels = states.Shape[2];
        FloatTensor seen = new(states.Span[..(kept * channels)].ToArray(), 1, kept, channels);
        return TensorPrimitives.IsFiniteAll(seen.Span)
            ? new PromptEmbedding(text, seen, prompt.Length, prompt.UntruncatedLength)
            : throw NotFinite($"The text encoder '{Files.TextEncoder}'", "states of the prompt");
    }

    private FloatTensor Denoise(
        FloatTensor latent,
        PromptEmbedding prompt,
        PromptEmbedding? negative,
        GenerationOptions options,
        float[] sigmas,
        ulong seed,
        ProgressScope scope,
        CancellationToken token)
    {
        if (_options.Memory == MemoryMode.OneAtATime)
        {
            _textEncoder.Release();
        }

        Transformer transformer = _transformer.Get(LoadReport(scope, GenerationStage.LoadingTransformer), token);
        int steps = sigmas.Length - 1;
        int step = 0;
        SynchronousProgress<BlockProgress>? blocks = scope.IsWanted
            ? new SynchronousProgress<BlockProgress>(b => scope.Report(GenerationStage.Denoising, (step + (0.99 * b.Fraction)) / steps, step, steps))
            : null;
        using GuidedDenoiser guided = new(
            transformer,
            latent,
            prompt,
            options.Guidance != 1 ? negative : null,
            options.Guidance,
            options.CacheThreshold,
            new RunOptions { CancellationToken = token, Progress = blocks });
        CheckedDenoiser denoiser = new(guided.Denoise, Files.Transformer, options.Sampler.Name, sigmas);
        scope.Report(GenerationStage.Denoising, 0, 0, steps);
        options.Sampler.Sample(new SamplerRun(latent.Memory, sigmas, denoiser.Denoise)
        {
            CancellationToken = token,
            Noise = new SamplerNoise(NoiseOf(options, unchecked(seed + 1))), // ComfyUI, too, takes the next seed for noise along the way
            Shift = options.Schedule?.Shift ?? Math.Exp(options.Schedule?.EffectiveMu ?? ComfyMu),
            OnStep = s =>
            {
                step = Math.Min(s.Index + 1, steps - 1);
                scope.SavedEvaluations = guided.SavedEvaluations;
            },
        });
        denoiser.CheckResult(latent.Span);
        scope.Report(GenerationStage.Denoising, 1, steps, steps);
        return latent;
    }

    /// <summary>ComfyUI's mu for Chroma, which it uses for every size.</summary>
    private const double ComfyMu = 1.15;

    private ChromaImage Decode(FloatTensor latent, ProgressScope scope, CancellationToken token)
    {
        Autoencoder autoencoder = _autoencoder.Get(null, token);
        FloatTensor unscaled = new(latent.Shape);
        TensorPrimitives.Divide(latent.Span, autoencoder.Info.ScaleFactor, unscaled.Span);
        TensorPrimitives.Add(unscaled.Span, autoencoder.Info.ShiftFactor, unscaled.Span);
        SynchronousProgress<BlockProgress>? blocks = scope.IsWanted
            ? new SynchronousProgress<BlockProgress>(b => scope.Report(GenerationStage.Decoding, b.Fraction))
            : null;
        FloatTensor image = autoencoder.Decode(unscaled, Tiling.Automatic, new RunOptions { CancellationToken = token, Progress = blocks });
        if (!TensorPrimitives.IsFiniteAll(image.Span))
        {
            throw NotFinite($"The decoder of the autoencoder '{Files.Autoencoder}'", "pixels");
        }

        scope.Report(GenerationStage.Decoding, 1);
        return ChromaImage.FromTensor(image);
    }

    private FloatTensor EncodeImage(ChromaImage image, CancellationToken token)
    {
        Autoencoder autoencoder = _autoencoder.Get(null, token);
        FloatTensor pixels = image.Extend(GenerationOptions.RoundUp(image.Width), GenerationOptions.RoundUp(image.Height)).ToTensor();
        FloatTensor latent = autoencoder.Encode(pixels, Tiling.Automatic, new RunOptions { CancellationToken = token }).Mean;
        if (!TensorPrimitives.IsFiniteAll(latent.Span))
        {
            throw NotFinite($"The encoder of the autoencoder '{Files.Autoencoder}'", "latents");
        }

        TensorPrimitives.Subtract(latent.Span, autoencoder.Info.ShiftFactor, latent.Span);
        TensorPrimitives.Multiply(latent.Span, autoencoder.Info.ScaleFactor, latent.Span);
        return latent;
    }

    private static SynchronousProgress<LoadProgress>? LoadReport(ProgressScope? scope, GenerationStage stage) => scope is null || !scope.IsWanted
        ? null
        : new SynchronousProgress<LoadProgress>(load => scope.Report(stage, load.Fraction));

    [LoggerMessage(Level = LogLevel.Warning, Message = "The prompt '{Start}...' has {Tokens} tokens; only the first {Kept} are used.")]
    private static partial void LogTruncated(ILogger logger, string start, int tokens, int kept);

    /// <summary>Noise along the way from a stream of noise.</summary>
    private sealed class SamplerNoise(INoiseGenerator generator) : ISamplerNoise
    {
        public void Fill(Span<float> destination, float sigma, float sigmaNext)
        {
            generator.Fill(destination);
            CheckNoise(destination);
        }
    }
}
