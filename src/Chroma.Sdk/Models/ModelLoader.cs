using Chroma.Interop;

namespace Chroma.Models;

/// <summary>A function of the C ABI that loads a model from a path (<c>const char *</c>) or from an open checkpoint.</summary>
internal unsafe delegate chroma_status LoadFunction(chroma_engine* engine, void* source, chroma_load_options* options, void** model);

/// <summary>Loads a model of any kind.</summary>
internal static unsafe class ModelLoader
{
    /// <summary>Checks the arguments, loads from a path, and gives the native model to <paramref name="wrap"/> while the engine is alive for sure.</summary>
    public static TModel Load<TModel>(
        ChromaEngine engine,
        string path,
        LoadFunction load,
        Func<nint, EngineHandle, TModel> wrap,
        ModelLoadOptions? options,
        IProgress<LoadProgress>? progress,
        CancellationToken cancellationToken)
        where TModel : IDisposable
    {
        ArgumentNullException.ThrowIfNull(engine);
        fixed (byte* pPath = NativeText.ToUtf8(path))
        {
            return LoadFrom(engine, pPath, load, wrap, options, progress, cancellationToken);
        }
    }

    /// <summary>The same from an open checkpoint.</summary>
    public static TModel Load<TModel>(
        ChromaEngine engine,
        WeightsFile weights,
        LoadFunction load,
        Func<nint, EngineHandle, TModel> wrap,
        ModelLoadOptions? options,
        IProgress<LoadProgress>? progress,
        CancellationToken cancellationToken)
        where TModel : IDisposable
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(weights);
        using ChromaSafeHandle.Lease lease = weights.Use();
        return LoadFrom(engine, (void*)lease.Address, load, wrap, options, progress, cancellationToken);
    }

    private static TModel LoadFrom<TModel>(
        ChromaEngine engine,
        void* source,
        LoadFunction load,
        Func<nint, EngineHandle, TModel> wrap,
        ModelLoadOptions? options,
        IProgress<LoadProgress>? progress,
        CancellationToken cancellationToken)
        where TModel : IDisposable
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
