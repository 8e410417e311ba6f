using Chroma.Models;

namespace Chroma;

/// <summary>A model that is loaded when it is first needed and can give its memory back in between.</summary>
internal sealed class ModelSlot<TModel>(
    Func<IProgress<LoadProgress>?, CancellationToken, Task<TModel>> load, CancellationToken disposed) : IDisposable
    where TModel : class, IDisposable
{
    private readonly Lock _lock = new();
    private TModel? _model;

    /// <summary>Whether the model is in memory.</summary>
    public bool IsLoaded => Volatile.Read(ref _model) is not null;

    /// <summary>The model, loaded now if it is not.</summary>
    /// <exception cref="ObjectDisposedException">The pipeline is disposed.</exception>
    public TModel Get(IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(disposed.IsCancellationRequested, typeof(ChromaPipeline));
            return _model ??= load(progress, cancellationToken).GetAwaiter().GetResult();
        }
    }

    /// <summary>Gives the model's memory back; the next <see cref="Get"/> loads it again.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _model?.Dispose();
            _model = null;
        }
    }

    public void Dispose() => Release();
}
