using Chroma.Interop;

namespace Chroma.Models;

/// <summary>A function of the C ABI that loads a model from a path (<c>const char *</c>) or from an open checkpoint.</summary>
internal unsafe delegate chroma_status LoadFunction(chroma_engine* engine, void* source, chroma_load_options* options, void** model);

/// <summary>Loads models of one kind.</summary>
/// <param name="fromPath">Loads from a path.</param>
/// <param name="fromWeights">Loads from an open checkpoint.</param>
/// <param name="wrap">Makes the model of a native one, while the engine is alive for sure.</param>
internal sealed unsafe class ModelLoader<TModel>(LoadFunction fromPath, LoadFunction fromWeights, Func<nint, EngineHandle, TModel> wrap)
    where TModel : IDisposable
{
    /// <summary>Checks the arguments and loads from a path.</summary>
    public TModel Load(
        ChromaEngine engine, string path, ModelLoadOptions? options, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(engine);
        fixed (byte* pPath = NativeText.ToUtf8(path))
        {
            return Load(engine, fromPath, pPath, options, progress, cancellationToken);
        }
    }

    /// <summary>The same from an open checkpoint.</summary>
    public TModel Load(
        ChromaEngine engine, WeightsFile weights, ModelLoadOptions? options, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(weights);
        using ChromaSafeHandle.Lease lease = weights.Use();
        return Load(engine, fromWeights, (void*)lease.Address, options, progress, cancellationToken);
    }

    private TModel Load(
        ChromaEngine engine,
        LoadFunction load,
        void* source,
        ModelLoadOptions? options,
        IProgress<LoadProgress>? progress,
        CancellationToken cancellationToken)
    {
        options ??= new ModelLoadOptions();
        options.Check();
        cancellationToken.ThrowIfCancellationRequested();
        using ChromaSafeHandle.Lease lease = engine.Use();
        using NativeCall call = NativeCall.ForFile(progress, cancellationToken);
        chroma_load_options native = new()
        {
            struct_size = (uint)sizeof(chroma_load_options),
            type = (chroma_type)options.Type,
            convert_approximator = options.ConvertApproximator ? 1 : 0,
            progress = call.Progress,
            abort = call.Abort,
            user_data = call.UserData,
        };
        if (options.RopeAxes is { } axes)
        {
            (native.rope_axes[0], native.rope_axes[1], native.rope_axes[2]) = (axes.Text, axes.Row, axes.Column);
        }

        void* model = null;
        call.Finish(load((chroma_engine*)lease.Address, source, &native, &model));
        TModel loaded = wrap((nint)model, engine.Handle);
        if (cancellationToken.IsCancellationRequested)
        {
            // Cancelled as the last byte came: the caller no longer waits for a model, and would never free it.
            loaded.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
        }

        return loaded;
    }
}
