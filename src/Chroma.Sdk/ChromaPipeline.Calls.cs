namespace Chroma;

// Who may compute when, and how it ends.
public sealed partial class ChromaPipeline
{
    private readonly CallGate _gate = new(
        "A progress callback, tap, sampler, scheduler or noise generator cannot call the pipeline that is calling it, nor wait for another call on it: that call would wait for itself.");

    private readonly CancellationTokenSource _disposed = new();
    private int _disposals;

    /// <summary>
    /// Stops what is running and gives all memory back. Calls after it, and those that it stopped, throw <see cref="ObjectDisposedException"/>. It waits
    /// until the running call has ended, within the time of one block of the network; but not inside a callback of that call, whose end then
    /// gives the memory back.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposals, 1) != 0)
        {
            return;
        }

        try
        {
            _disposed.Cancel();
        }
        finally
        {
            // Inside a call, waiting for its end would wait for ever. It sees the cancellation when it ends, and releases.
            if (!_gate.IsInside)
            {
                _gate.Wait(CancellationToken.None);
                ReleaseModels();
                _gate.Release();
            }
        }
    }

    /// <summary>Runs work on a thread of the pool, when the calls before it have ended.</summary>
    /// <exception cref="InvalidOperationException">A callback of the running call asks for it.</exception>
    private Task<TResult> RunAsync<TResult>(Func<CancellationToken, TResult> work, CancellationToken cancellationToken)
    {
        _gate.ThrowIfOnHoldersThread();
        return RunInTurnAsync(work, cancellationToken);
    }

    private async Task<TResult> RunInTurnAsync<TResult>(Func<CancellationToken, TResult> work, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        try
        {
            await _gate.WaitAsync(either.Token).ConfigureAwait(false);
            try
            {
                return await Task.Run(() => RunHere(work, either.Token), either.Token).ConfigureAwait(false);
            }
            finally
            {
                if (_disposed.IsCancellationRequested)
                {
                    ReleaseModels();
                }

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

    private TResult RunHere<TResult>(Func<CancellationToken, TResult> work, CancellationToken token)
    {
        using CallGate.Hold hold = _gate.Enter();
        TResult result = work(token);
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
        return result;
    }

    private void ReleaseModels()
    {
        _textEncoder.Dispose();
        _transformer.Dispose();
        _autoencoder.Dispose();
        _engine.Dispose();
    }
}
