using System.Security.Cryptography;
using Chroma.Imaging;
using Chroma.Models;
using Chroma.Noise;
using Chroma.Sampling;
using Chroma.Scheduling;
using Chroma.Tensors;
using Chroma.Tokenization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Chroma;

/// <summary>
/// Turns prompts into pictures: tokenizer, T5 encoder, transformer and autoencoder of one Chroma model. The stages can be called alone
/// (<see cref="EncodePromptAsync"/>, <see cref="DenoiseAsync"/>, <see cref="DecodeAsync"/>) to build other pipelines from them.
/// </summary>
/// <remarks>
/// Any thread may call any member. Calls that compute wait for each other, in the order in which they came; make one pipeline per
/// simultaneous picture. <see cref="Dispose"/> stops what is running and gives all memory back. Progress, taps, samplers, schedulers and noise
/// generators are called on the thread that computes. A call that computes on the same pipeline is refused there, because it would wait for itself
/// (<see cref="InvalidOperationException"/>); so is one that they start on another thread and wait for. <see cref="Dispose"/> is allowed there, and does not wait.
/// </remarks>
/// <example>
/// <code>
/// using ChromaPipeline pipeline = await ChromaPipeline.LoadAsync("models/Chroma1-HD");
/// var images = await pipeline.GenerateAsync("a lighthouse in fog", GenerationOptions.HD with { Seed = 7 });
/// images[0].Save("lighthouse.png");
/// </code>
/// </example>
public sealed partial class ChromaPipeline : IDisposable
{
    private readonly ChromaEngine _engine;
    private readonly ChromaPipelineOptions _options;
    private readonly ModelSlot<TextEncoder> _textEncoder;
    private readonly ModelSlot<Transformer> _transformer;
    private readonly ModelSlot<Autoencoder> _autoencoder;
    private readonly PromptCache _prompts = new();
    private readonly ILogger _logger;

    private ChromaPipeline(ChromaModelFiles files, ChromaPipelineOptions options, T5Tokenizer tokenizer)
    {
        Files = files;
        _options = options;
        Tokenizer = tokenizer;
        _logger = options.LoggerFactory?.CreateLogger<ChromaPipeline>() ?? NullLogger<ChromaPipeline>.Instance;
        _engine = new ChromaEngine(new ChromaEngineOptions
        {
            Threads = options.Threads,
            Device = options.Device,
            Kernels = options.Kernels,
            LoggerFactory = options.LoggerFactory,
        });
        ModelLoadOptions load = new() { Type = options.WeightType, RopeAxes = options.RopeAxes };
        _textEncoder = new((progress, token) => TextEncoder.Load(_engine, files.TextEncoder, load, progress, token), _disposed.Token);
        _transformer = new((progress, token) => Transformer.Load(_engine, files.Transformer, load, progress, token), _disposed.Token);
        _autoencoder = new((progress, token) => Autoencoder.Load(_engine, files.Autoencoder, null, progress, token), _disposed.Token);
    }

    /// <summary>The files that the pipeline was loaded from, by their full paths.</summary>
    public ChromaModelFiles Files { get; }

    /// <summary>The tokenizer.</summary>
    public T5Tokenizer Tokenizer { get; }

    /// <summary>The options used where a call brings none: the model's own where its folder states them, else <see cref="GenerationOptions.HD"/>.</summary>
    public GenerationOptions DefaultOptions { get; private init; } = GenerationOptions.HD;

    /// <summary>What computes, such as <c>CPU (AMD EPYC)</c>.</summary>
    public string Device => _engine.Description;

    /// <summary>The T5 encoder; loaded now if it is not. In <see cref="MemoryMode.OneAtATime"/> it is disposed when the transformer takes its place.</summary>
    public TextEncoder TextEncoder => _textEncoder.Get();

    /// <summary>The transformer; loaded now if it is not. Tap its layers with <see cref="ChromaModel.Tap(ReadOnlySpan{string})"/>.</summary>
    public Transformer Transformer => _transformer.Get();

    /// <summary>The autoencoder; loaded now if it is not.</summary>
    public Autoencoder Autoencoder => _autoencoder.Get();

    /// <summary>Loads the model in a folder; see <see cref="ChromaModelFiles.FromFolder"/> for what is found there.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">How to load; null for the defaults.</param>
    /// <param name="progress">Receives the share that is loaded, 0 to 1.</param>
    /// <param name="cancellationToken">Stops the load; everything is given back.</param>
    /// <exception cref="ArgumentException">A path is empty, or an option is out of range; the message names it.</exception>
    /// <exception cref="IOException">A file is missing or can't be read.</exception>
    /// <exception cref="ChromaException">A file is damaged or is not what it should be; the message names it.</exception>
    /// <exception cref="InvalidDataException">The parts do not fit together, or the tokenizer is damaged.</exception>
    public static async Task<ChromaPipeline> LoadAsync(
        string folder, ChromaPipelineOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        options?.Validate();
        folder = Path.GetFullPath(folder); // now: the working folder may be another when the work begins
        ChromaModelFiles files = await Task.Run(() => ChromaModelFiles.FromFolder(folder), cancellationToken).ConfigureAwait(false);
        return await LoadAsync(files, options, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Loads a model from the files named.</summary>
    /// <inheritdoc cref="LoadAsync(string, ChromaPipelineOptions?, IProgress{double}?, CancellationToken)"/>
    /// <param name="files">The files.</param>
    /// <param name="options">How to load; null for the defaults.</param>
    /// <param name="progress">Receives the share that is loaded, 0 to 1.</param>
    /// <param name="cancellationToken">Stops the load; everything is given back.</param>
    public static async Task<ChromaPipeline> LoadAsync(
        ChromaModelFiles files, ChromaPipelineOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        ModelDefaults? defaults = files.Folder is string folder ? ModelDefaults.Find(folder) : null;
        return await LoadAsync(files, defaults?.ToOptions(), options, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes pictures of one prompt.</summary>
    /// <param name="prompt">What to draw; may be empty.</param>
    /// <param name="options">How; null for <see cref="DefaultOptions"/>.</param>
    /// <param name="progress">Receives where the work is, several times a second.</param>
    /// <param name="cancellationToken">Stops the work within the time of one block of the network.</param>
    /// <returns><see cref="GenerationOptions.Count"/> pictures with their parameters.</returns>
    /// <exception cref="ArgumentException">An option is out of range; the message names it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The pipeline is disposed, or was while it worked.</exception>
    public Task<IReadOnlyList<ChromaImage>> GenerateAsync(
        string prompt, GenerationOptions? options = null, IProgress<GenerationProgress>? progress = null, CancellationToken cancellationToken = default) =>
        GenerateAsync([prompt], options, progress, cancellationToken);

    /// <summary>Makes pictures of several prompts.</summary>
    /// <inheritdoc cref="GenerateAsync(string, GenerationOptions?, IProgress{GenerationProgress}?, CancellationToken)"/>
    /// <param name="prompts">What to draw, one or more.</param>
    /// <param name="options">How; null for <see cref="DefaultOptions"/>.</param>
    /// <param name="progress">Receives where the work is, several times a second.</param>
    /// <param name="cancellationToken">Stops the work within the time of one block of the network.</param>
    /// <returns><see cref="GenerationOptions.Count"/> pictures of the first prompt, then of the second, and so on; each prompt has the same seeds.</returns>
    public Task<IReadOnlyList<ChromaImage>> GenerateAsync(
        IReadOnlyList<string> prompts,
        GenerationOptions? options = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        if (prompts.Count == 0 || prompts.Contains(null))
        {
            throw new ArgumentException("There must be at least one prompt, and none may be null.", nameof(prompts));
        }

        GenerationOptions chosen = options ?? DefaultOptions;
        chosen.Validate();
        ulong seed = chosen.Seed ?? BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
        return RunAsync<IReadOnlyList<ChromaImage>>(token => Generate(prompts, chosen, seed, progress, token), cancellationToken);
    }

    /// <summary>Runs T5 over a prompt.</summary>
    /// <param name="prompt">The prompt; may be empty.</param>
    /// <param name="textMask">What padding positions see.</param>
    /// <param name="paddingTokens">How many padding tokens the transformer will see, 0 to 16; Chroma was trained with 1.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public Task<PromptEmbedding> EncodePromptAsync(
        string prompt, TextMask textMask = TextMask.Key, int paddingTokens = 1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        GenerationOptions.CheckTextMask(textMask, nameof(textMask));
        GenerationOptions.CheckPaddingTokens(paddingTokens, nameof(paddingTokens));
        GenerationOptions options = new() { TextMask = textMask, PaddingTokens = paddingTokens };
        return RunAsync(token => Encode([prompt], options, null, token)[0], cancellationToken);
    }

    /// <summary>Draws the noise that a generation with this seed and size begins with.</summary>
    /// <param name="options">Size and noise generator.</param>
    /// <param name="seed">The seed.</param>
    /// <returns>[1, 16, h / 8, w / 8], where h and w are the height and the width rounded up to <see cref="GenerationOptions.SizeStep"/>.</returns>
    /// <exception cref="ArgumentException">An option is out of range, or its noise is not finite.</exception>
    public static FloatTensor CreateNoise(GenerationOptions options, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return DrawNoise(options, seed, out _);
    }

    /// <summary>Samples: walks from a noisy latent to a clean one.</summary>
    /// <param name="latent">[1, 16, h, w] at the schedule's first noise level, h and w even; copied. Its size counts, not that of the options.</param>
    /// <param name="prompt">What to draw.</param>
    /// <param name="negativePrompt">What not to draw; needed unless the guidance is 1.</param>
    /// <param name="options">Sampler, schedule, steps, guidance, and the seed of the noise that stochastic samplers add.</param>
    /// <param name="progress">Receives each step.</param>
    /// <param name="cancellationToken">Stops the work within the time of one block.</param>
    /// <returns>The clean latent, [1, 16, h, w].</returns>
    /// <exception cref="ArgumentException">
    /// The latent or a prompt has another shape, an option is out of range, or a sampler, scheduler or noise generator gives something unusable; the message names it.
    /// </exception>
    /// <exception cref="ChromaException">The model failed or gave a value that is not finite; the message names the step.</exception>
    public Task<FloatTensor> DenoiseAsync(
        FloatTensor latent,
        PromptEmbedding prompt,
        PromptEmbedding? negativePrompt = null,
        GenerationOptions? options = null,
        IProgress<GenerationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(latent);
        ArgumentNullException.ThrowIfNull(prompt);
        GenerationOptions chosen = options ?? DefaultOptions;
        chosen.Validate();
        if (chosen.Guidance != 1 && negativePrompt is null)
        {
            throw new ArgumentNullException(nameof(negativePrompt), "A guidance other than 1 needs a negative prompt; the empty prompt will do.");
        }

        CheckLatent(latent, 2, 2 * GenerationOptions.MaximumTokens);
        CheckEmbedding(prompt, latent, nameof(prompt));
        CheckEmbedding(negativePrompt, latent, nameof(negativePrompt));
        FloatTensor start = latent.Clone();
        return RunAsync(
            token => Denoise(start, prompt, negativePrompt, chosen, Sigmas(chosen), chosen.Seed ?? 0, new ProgressScope(progress, 0, 1), token), cancellationToken);
    }

    /// <summary>Decodes a latent to a picture.</summary>
    /// <param name="latent">[1, 16, h, w], as <see cref="DenoiseAsync"/> gives it.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>A picture of 8w x 8h pixels, without parameters. <see cref="ChromaImage.Crop"/> makes it the size that was asked for.</returns>
    /// <exception cref="ArgumentException">The latent has another shape, or a value that is not finite.</exception>
    public Task<ChromaImage> DecodeAsync(FloatTensor latent, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(latent);
        CheckLatent(latent, 1, MaximumImageSide / Downscale);
        return RunAsync(token => Decode(latent, new ProgressScope(null, 0, 1), token), cancellationToken);
    }

    /// <summary>Encodes a picture to the latent that <see cref="DecodeAsync"/> would turn into it.</summary>
    /// <param name="image">
    /// A picture of any size. Where a side is no multiple of <see cref="GenerationOptions.SizeStep"/>, its last column or row is repeated up to the next one.
    /// </param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>[1, 16, h / 8, w / 8]: the mean, shifted and scaled; h and w are the sides rounded up.</returns>
    /// <exception cref="ArgumentException">A side is longer than 16384 pixels.</exception>
    public Task<FloatTensor> EncodeImageAsync(ChromaImage image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        CheckImage(image);
        return RunAsync(token => EncodeImage(image, token), cancellationToken);
    }

    private static async Task<ChromaPipeline> LoadAsync(
        ChromaModelFiles files, GenerationOptions? defaults, ChromaPipelineOptions? options, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        files = Resolve(files);
        ChromaPipelineOptions chosen = options ?? new ChromaPipelineOptions();
        chosen.Validate();
        T5Tokenizer tokenizer = await Task.Run(() => TokenizerLoader.Load(files), cancellationToken).ConfigureAwait(false);
        ChromaPipeline pipeline = new(files, chosen, tokenizer) { DefaultOptions = defaults ?? GenerationOptions.HD };
        try
        {
            await pipeline.LoadModelsAsync(progress, cancellationToken).ConfigureAwait(false);
            return pipeline;
        }
        catch
        {
            pipeline.Dispose();
            throw;
        }
    }
}
