using Chroma.Models;

namespace Chroma;

/// <summary>
/// A model that is loaded when it is first needed and can give its memory back in between. It is loaded on the thread that asks, so that a callback of
/// the load is inside the call that caused it.
/// </summary>
internal sealed class ModelSlot<TModel>(
    Func<IProgress<LoadProgress>?, CancellationToken, TModel> load, CancellationToken disposed) : IDisposable
    where TModel : class, IDisposable
{
    private readonly CallGate _gate = new("A callback cannot ask for the model that is being loaded.");
    private TModel? _model;

    /// <summary>The model, loaded now if it is not.</summary>
    /// <exception cref="ObjectDisposedException">The pipeline is disposed, or was while the model was loaded.</exception>
    /// <exception cref="InvalidOperationException">A callback of the load asks for what is being loaded.</exception>
    public TModel Get(IProgress<LoadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(disposed.IsCancellationRequested, typeof(ChromaPipeline));
        _gate.Wait(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(disposed.IsCancellationRequested, typeof(ChromaPipeline));
            return _model ??= Load(progress, cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Gives the model's memory back; the next <see cref="Get"/> loads it again. Inside a load there is nothing to give back.</summary>
    public void Release()
    {
        if (_gate.IsInside)
        {
            return;
        }

        _gate.Wait(CancellationToken.None);
        _model?.Dispose();
        _model = null;
        _gate.Release();
    }

    public void Dispose() => Release();

    private TModel Load(IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, disposed);
        using CallGate.Hold hold = _gate.Enter();
        try
        {
            TModel model = load(progress, either.Token);
            if (!disposed.IsCancellationRequested)
            {
                return model;
            }

            model.Dispose();
            throw new OperationCanceledException(disposed);
        }
        catch (OperationCanceledException) when (disposed.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(ChromaPipeline));
        }
    }
}
