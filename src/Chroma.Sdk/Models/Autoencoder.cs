using Chroma.Interop;
using Chroma.Tensors;

namespace Chroma.Models;

/// <summary>FLUX's autoencoder: between pictures and latents. A file may hold only one half of it.</summary>
public sealed unsafe class Autoencoder : ChromaModel
{
    private const int ImageChannels = 3;

    private static readonly ModelLoader<Autoencoder> _loader = new(
        static (engine, path, options, model) => ChromaNative.chroma_autoencoder_load(engine, (byte*)path, options, (chroma_autoencoder**)model),
        static (engine, weights, options, model) => ChromaNative.chroma_autoencoder_load_weights(engine, (chroma_weights*)weights, options, (chroma_autoencoder**)model),
        static (model, engine) => Own(new AutoencoderHandle((chroma_autoencoder*)model, engine), static handle => new Autoencoder(handle)));

    private Autoencoder(AutoencoderHandle handle)
        : base(handle)
    {
        using ChromaSafeHandle.Lease lease = handle.Use();
        chroma_autoencoder_info info = new() { struct_size = (uint)sizeof(chroma_autoencoder_info) };
        ChromaNative.chroma_autoencoder_get_info((chroma_autoencoder*)lease.Address, &info).ThrowIfFailed();
        Info = AutoencoderInfo.From(info);
    }

    /// <summary>What the autoencoder is.</summary>
    public AutoencoderInfo Info { get; }

    /// <summary>Loads an autoencoder.</summary>
    /// <inheritdoc cref="Transformer.Load(ChromaEngine, string, ModelLoadOptions, IProgress{LoadProgress}, CancellationToken)"/>
    public static Autoencoder Load(
        ChromaEngine engine,
        string path,
        ModelLoadOptions? options = null,
        IProgress<LoadProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        _loader.Load(engine, path, options, progress, cancellationToken);

    /// <summary>Loads an autoencoder from a checkpoint that is open; it may be closed before the model is disposed.</summary>
    /// <inheritdoc cref="Transformer.Load(ChromaEngine, WeightsFile, ModelLoadOptions, IProgress{LoadProgress}, CancellationToken)"/>
    public static Autoencoder Load(
        ChromaEngine engine,
        WeightsFile weights,
        ModelLoadOptions? options = null,
        IProgress<LoadProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        _loader.Load(engine, weights, options, progress, cancellationToken);

    /// <summary>Loads an autoencoder on another thread.</summary>
    /// <inheritdoc cref="Transformer.Load(ChromaEngine, string, ModelLoadOptions, IProgress{LoadProgress}, CancellationToken)"/>
    public static Task<Autoencoder> LoadAsync(
        ChromaEngine engine,
        string path,
        ModelLoadOptions? options = null,
        IProgress<LoadProgress>? progress = null,
        CancellationToken cancellationToken = default) => Task.Run(() => Load(engine, path, options, progress, cancellationToken), cancellationToken);

    /// <summary>Makes pictures from latents.</summary>
    /// <param name="latent">
    /// [B, 16, H, W] as the decoder sees it: a sampled latent divided by <see cref="AutoencoderInfo.ScaleFactor"/>, plus <see cref="AutoencoderInfo.ShiftFactor"/>.
    /// </param>
    /// <param name="tiling">Whether to go in tiles.</param>
    /// <param name="options">Threads, progress, cancellation and taps of this run, or null.</param>
    /// <returns>[B, 3, 8 H, 8 W], red, green, blue in about -1..1, not clamped.</returns>
    /// <exception cref="ArgumentException">The shape or the tiling does not fit; the message says why.</exception>
    /// <exception cref="ChromaException">
    /// The file had no decoder, memory is short, the device failed, a result is infinite or undefined (<see cref="ChromaErrorKind.NotFinite"/>), or
    /// the file was changed while it was in use (<see cref="ChromaErrorKind.Io"/>); the model must be loaded again then.
    /// </exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public FloatTensor Decode(FloatTensor latent, Tiling tiling = default, RunOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(latent);
        if (latent.Rank != 4 || latent.Shape[1] != Info.LatentChannels || latent.Length == 0)
        {
            throw new ArgumentException($"The latent must be [B, {Info.LatentChannels}, H, W], but is {latent}.", nameof(latent));
        }

        tiling.Check();
        FloatTensor image = new(latent.Shape[0], ImageChannels, checked(latent.Shape[2] * Info.Downscale), checked(latent.Shape[3] * Info.Downscale));
        options ??= RunOptions.Default;
        using Turn turn = TakeTurn(options.CancellationToken);
        using NativeCall call = NativeCall.ForRun(options, TapsOf(options));
        chroma_run_options run = call.ToRunOptions(options.Threads);
        fixed (float* pLatent = latent.Span, pImage = image.Span)
        {
            chroma_autoencoder_inputs inputs = Sizes(latent.Shape[0], latent.Shape[2], latent.Shape[3], tiling);
            inputs.values = pLatent;
            call.Finish(ChromaNative.chroma_autoencoder_decode((chroma_autoencoder*)turn.Address, &inputs, &run, pImage));
        }

        return image;
    }

    /// <summary>Makes latents from pictures.</summary>
    /// <param name="image">[B, 3, H, W], red, green, blue in -1..1; sides that are multiples of 8.</param>
    /// <param name="tiling">Whether to go in tiles.</param>
    /// <param name="options">Threads, progress, cancellation and taps of this run, or null.</param>
    /// <returns>
    /// The distribution of the latent, [B, 16, H / 8, W / 8] each. The transformer takes (value - <see cref="AutoencoderInfo.ShiftFactor"/>) times
    /// <see cref="AutoencoderInfo.ScaleFactor"/>.
    /// </returns>
    /// <inheritdoc cref="Decode" path="/exception"/>
    public LatentDistribution Encode(FloatTensor image, Tiling tiling = default, RunOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        int side = Info.Downscale;
        if (image.Rank != 4 || image.Shape[1] != ImageChannels || image.Length == 0 || image.Shape[2] % side != 0 || image.Shape[3] % side != 0)
        {
            throw new ArgumentException($"The image must be [B, {ImageChannels}, H, W] with sides that are multiples of {side}, but is {image}.", nameof(image));
        }

        tiling.Check();
        FloatTensor mean = new(image.Shape[0], Info.LatentChannels, image.Shape[2] / side, image.Shape[3] / side);
        FloatTensor logVariance = new(mean.Shape);
        options ??= RunOptions.Default;
        using Turn turn = TakeTurn(options.CancellationToken);
        using NativeCall call = NativeCall.ForRun(options, TapsOf(options));
        chroma_run_options run = call.ToRunOptions(options.Threads);
        fixed (float* pImage = image.Span, pMean = mean.Span, pLogVariance = logVariance.Span)
        {
            chroma_autoencoder_inputs inputs = Sizes(image.Shape[0], image.Shape[2], image.Shape[3], tiling);
            inputs.values = pImage;
            call.Finish(ChromaNative.chroma_autoencoder_encode((chroma_autoencoder*)turn.Address, &inputs, &run, pMean, pLogVariance));
        }

        return new LatentDistribution(mean, logVariance);
    }

    /// <summary>Works out the memory that decoding would need, without doing it.</summary>
    /// <param name="batch">Latents at once.</param>
    /// <param name="height">Latent pixels from top to bottom.</param>
    /// <param name="width">Latent pixels from left to right.</param>
    /// <param name="tiling">Whether to go in tiles.</param>
    /// <exception cref="ArgumentException">A size is out of range.</exception>
    /// <exception cref="ChromaException">The file had no decoder.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public MemoryUsage PlanDecode(int batch, int height, int width, Tiling tiling = default) => Plan(batch, height, width, tiling, decode: true);

    /// <summary>Works out the memory that encoding would need, without doing it.</summary>
    /// <param name="batch">Pictures at once.</param>
    /// <param name="height">Picture pixels from top to bottom.</param>
    /// <param name="width">Picture pixels from left to right.</param>
    /// <param name="tiling">Whether to go in tiles.</param>
    /// <exception cref="ArgumentException">A size is out of range.</exception>
    /// <exception cref="ChromaException">The file had no encoder.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public MemoryUsage PlanEncode(int batch, int height, int width, Tiling tiling = default) => Plan(batch, height, width, tiling, decode: false);

    private protected override chroma_status GetMemory(nint model, chroma_memory* memory) =>
        ChromaNative.chroma_autoencoder_get_memory((chroma_autoencoder*)model, memory);

    private protected override chroma_status TrimNative(nint model) => ChromaNative.chroma_autoencoder_trim((chroma_autoencoder*)model);

    private static chroma_autoencoder_inputs Sizes(int batch, int height, int width, Tiling tiling) => new()
    {
        struct_size = (uint)sizeof(chroma_autoencoder_inputs),
        batch = batch,
        height = height,
        width = width,
        tile = tiling.Tile,
        overlap = tiling.Overlap,
    };

    private MemoryUsage Plan(int batch, int height, int width, Tiling tiling, bool decode)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        tiling.Check();
        using Turn turn = TakeTurn(CancellationToken.None);
        chroma_memory memory = new() { struct_size = (uint)sizeof(chroma_memory) };
        chroma_autoencoder_inputs inputs = Sizes(batch, height, width, tiling);
        ChromaNative.chroma_autoencoder_plan((chroma_autoencoder*)turn.Address, &inputs, decode ? 1 : 0, &memory).ThrowIfFailed();
        return MemoryUsage.From(memory);
    }
}
