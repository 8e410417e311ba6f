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

    private async Task<TResult> RunAsync<TResult>(Func<CancellationToken, TResult> work, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        try
        {
            await _gate.WaitAsync(either.Token).ConfigureAwait(false);
            try
            {
                return await Task.Run(() => work(either.Token), either.Token).ConfigureAwait(false);
            }
            finally
            {
                _gate.Release();
            }
        }
        catch (OperationCanceledException)
        {
            // Whoever cancelled finds its own token, or the disposal, in the exception.
            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
            throw;
        }
    }

    private Task<bool> LoadModelsAsync(IProgress<double>? progress, CancellationToken cancellationToken) => RunAsync(
        token =>
        {
            // In OneAtATime, only what stays in memory throughout is loaded now; the others are checked, so that a wrong file is known at once.
            if (_options.Memory == MemoryMode.OneAtATime)
            {
                _autoencoder.Get(Part(progress, 0, 1), token);
                CheckKind(Files.Transformer, ModelArchitecture.Chroma);
                CheckKind(Files.TextEncoder, ModelArchitecture.T5Encoder);
                return true;
            }

            _autoencoder.Get(Part(progress, 0, 0.05), token);
            _textEncoder.Get(Part(progress, 0.05, 0.35), token);
            _transformer.Get(Part(progress, 0.35, 1), token);
            CheckParts();
            return true;
        },
        cancellationToken);

    private static void CheckKind(string path, ModelArchitecture expected)
    {
        using WeightsFile file = WeightsFile.Open(path, expected);
        if (!file.Parts.Contains(expected))
        {
            throw new InvalidDataException($"'{path}' is of the kind {file.Architecture}, not {expected}.");
        }
    }

    private void CheckParts()
    {
        int context = Transformer.Info.ContextSize;
        int hidden = TextEncoder.Info.HiddenSize;
        if (context != hidden)
        {
            throw new InvalidDataException(
                $"The text encoder '{Files.TextEncoder}' gives states of {hidden} channels, but the transformer '{Files.Transformer}' takes {context}.");
        }

        if (Tokenizer.VocabularySize > TextEncoder.Info.VocabularySize)
        {
            throw new InvalidDataException(
                $"The tokenizer gives ids up to {Tokenizer.VocabularySize - 1}, but the text encoder '{Files.TextEncoder}' knows {TextEncoder.Info.VocabularySize} tokens.");
        }
    }

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

        PromptEmbedding[] embeddings = Encode(texts, options, new ProgressScope(progress, 0, images), token);
        List<ChromaImage> results = [];
        for (int prompt = 0; prompt < prompts.Count; prompt++)
        {
            for (int k = 0; k < options.Count; k++)
            {
                ulong imageSeed = unchecked(seed + (ulong)k);
                ProgressScope scope = new(progress, results.Count, images);
                FloatTensor latent = Denoise(
                    CreateNoise(options, imageSeed), embeddings[prompt], guided ? embeddings[^1] : null, options, imageSeed, scope, token);
                ChromaImage image = Decode(latent, scope, token);
                results.Add(new ChromaImage(image.Width, image.Height, image.Pixels.ToArray())
                {
                    Parameters = Describe(prompts[prompt], options, imageSeed),
                });
            }
        }

        return results;
    }

    private GenerationParameters Describe(string prompt, GenerationOptions options, ulong seed) => new()
    {
        Prompt = prompt,
        NegativePrompt = options.Guidance != 1 ? options.NegativePrompt : "",
        Steps = options.Steps,
        Sampler = options.Sampler.Name,
        Scheduler = options.Scheduler.Name,
        Guidance = options.Guidance,
        Other = options.CacheThreshold == 0
            ? ReadOnlyDictionary<string, string>.Empty
            : new Dictionary<string, string> { ["Cache threshold"] = options.CacheThreshold.ToString(CultureInfo.InvariantCulture) },
        Seed = seed,
        Width = options.Width,
        Height = options.Height,
        Model = Files.Name,
        Version = $"Chroma for .NET {Interop.ChromaLibrary.Version}",
    };

    private PromptEmbedding[] Encode(List<string> texts, GenerationOptions options, ProgressScope? scope, CancellationToken token)
    {
        if (texts.Any(text => !_prompts.TryGet(text, options, out _)))
        {
            if (_options.Memory == MemoryMode.OneAtATime)
            {
                _transformer.Release();
            }

            TextEncoder encoder = _textEncoder.Get(LoadReport(scope, GenerationStage.LoadingTextEncoder), token);
            for (int i = 0; i < texts.Count; i++)
            {
                if (!_prompts.TryGet(texts[i], options, out _))
                {
                    _prompts.Add(texts[i], options, EncodeOne(encoder, texts[i], options, token));
                }

                scope?.Report(GenerationStage.EncodingPrompt, (i + 1.0) / texts.Count);
            }
        }

        return [.. texts.Select(text => _prompts.TryGet(text, options, out PromptEmbedding? embedding) ? embedding! : throw new InvalidOperationException())];
    }

    private PromptEmbedding EncodeOne(TextEncoder encoder, string text, GenerationOptions options, CancellationToken token)
    {
        TokenizedPrompt prompt = Tokenizer.EncodePrompt(text, _options.MaximumTokens);
        if (prompt.IsTruncated)
        {
            LogTruncated(_logger, prompt.UntruncatedLength, prompt.Length);
        }

        // Hidden padding changes nothing, so T5 runs on what the transformer sees. Under the training mask, padding queries average over every
        // position, and so all of them must be there.
        int kept = Math.Min(prompt.Length + options.PaddingTokens, Math.Max(_options.MaximumTokens, prompt.Length));
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
        return new PromptEmbedding(text, seen, prompt.Length, prompt.IsTruncated);
    }

    private FloatTensor Denoise(
        FloatTensor latent, PromptEmbedding prompt, PromptEmbedding? negative, GenerationOptions options, ulong seed, ProgressScope scope, CancellationToken token)
    {
        if (_options.Memory == MemoryMode.OneAtATime)
        {
            _textEncoder.Release();
        }

        Transformer transformer = _transformer.Get(LoadReport(scope, GenerationStage.LoadingTransformer), token);
        float[] sigmas = Sigmas(options);
        int steps = sigmas.Length - 1;
        int step = 0;
        SynchronousProgress<BlockProgress>? blocks = scope.IsWanted
            ? new SynchronousProgress<BlockProgress>(b => scope.Report(GenerationStage.Denoising, (step + (0.99 * b.Fraction)) / steps, step, steps))
            : null;
        using GuidedDenoiser denoiser = new(
            transformer,
            latent,
            prompt,
            options.Guidance != 1 ? negative : null,
            options.Guidance,
            options.CacheThreshold,
            new RunOptions { CancellationToken = token, Progress = blocks });
        scope.Report(GenerationStage.Denoising, 0, 0, steps);
        options.Sampler.Sample(new SamplerRun(latent.Memory, sigmas, denoiser.Denoise)
        {
            CancellationToken = token,
            Noise = new SamplerNoise(options.Noise(unchecked(seed + 1))), // ComfyUI, too, takes the next seed for noise along the way
            Shift = options.Schedule?.Shift ?? Math.Exp(options.Schedule?.Mu ?? ComfyMu),
            OnStep = s =>
            {
                step = Math.Min(s.Index + 1, steps - 1);
                scope.SavedEvaluations = denoiser.SavedEvaluations;
            },
        });
        scope.Report(GenerationStage.Denoising, 1, steps, steps);
        return latent;
    }

    /// <summary>The schedule. With ComfyUI's schedulers, the samplers for which ComfyUI leaves out the level before the end do without it here too.</summary>
    private static float[] Sigmas(GenerationOptions options)
    {
        bool discard = options.Scheduler is TableScheduler && options.Sampler.Name is ("dpm_2" or "dpm_2_ancestral" or "uni_pc" or "uni_pc_bh2");
        return discard
            ? SigmaSchedule.DiscardPenultimate(options.Scheduler.GetSigmas(options.Steps + 1, options.Schedule))
            : options.Scheduler.GetSigmas(options.Steps, options.Schedule);
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
        scope.Report(GenerationStage.Decoding, 1);
        return ChromaImage.FromTensor(image);
    }

    private FloatTensor EncodeImage(ChromaImage image, CancellationToken token)
    {
        Autoencoder autoencoder = _autoencoder.Get(null, token);
        FloatTensor latent = autoencoder.Encode(image.ToTensor(), Tiling.Automatic, new RunOptions { CancellationToken = token }).Mean;
        TensorPrimitives.Subtract(latent.Span, autoencoder.Info.ShiftFactor, latent.Span);
        TensorPrimitives.Multiply(latent.Span, autoencoder.Info.ScaleFactor, latent.Span);
        return latent;
    }

    private static SynchronousProgress<LoadProgress>? LoadReport(ProgressScope? scope, GenerationStage stage) => scope is null || !scope.IsWanted
        ? null
        : new SynchronousProgress<LoadProgress>(load => scope.Report(stage, load.Fraction));

    [LoggerMessage(Level = LogLevel.Warning, Message = "The prompt has {Tokens} tokens; only the first {Kept} are used.")]
    private static partial void LogTruncated(ILogger logger, int tokens, int kept);

    /// <summary>Noise along the way from a stream of noise.</summary>
    private sealed class SamplerNoise(INoiseGenerator generator) : ISamplerNoise
    {
        public void Fill(Span<float> destination, float sigma, float sigmaNext) => generator.Fill(destination);
    }
}
