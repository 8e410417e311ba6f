using Chroma.Interop;
using Chroma.Tensors;

namespace Chroma.Models;

/// <summary>
/// What all networks have in common. A model may be used from any thread; calls on one model run one after another, and a call that waits
/// for its turn can be cancelled. Different models run at the same time. Disposing is safe at any time, from a callback too, and never waits: the
/// memory is freed when a running call has ended, and what comes after it throws <see cref="ObjectDisposedException"/>. A callback that calls the
/// model which is calling it, or waits for somebody who does, gets an <see cref="InvalidOperationException"/>.
/// </summary>
public abstract unsafe class ChromaModel : IDisposable
{
    private readonly ChromaSafeHandle _handle;
    private readonly TapRegistry _taps = new();
    private readonly CallGate _gate = new("A callback cannot call the model that is calling it.");

    private protected ChromaModel(ChromaSafeHandle handle) => _handle = handle;

    /// <summary>The bytes held now, and the largest sum so far. Waits for a running call.</summary>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public MemoryUsage Memory
    {
        get
        {
            using Turn turn = TakeTurn(CancellationToken.None);
            chroma_memory memory = new() { struct_size = (uint)sizeof(chroma_memory) };
            GetMemory(turn.Address, &memory).ThrowIfFailed();
            return MemoryUsage.From(memory);
        }
    }

    /// <summary>
    /// Collects the outputs of layers from every run of this model until the session is disposed. Any number of sessions may be open. While there
    /// is none, nothing is collected and nothing is slower.
    /// </summary>
    /// <param name="patterns">
    /// Names of PyTorch modules such as <c>double_blocks.0.img</c>; <c>*</c> is any run of characters, dots included, and <c>?</c> is any one.
    /// </param>
    /// <exception cref="ArgumentException">There is no pattern, or an empty one.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public TapSession Tap(params ReadOnlySpan<string> patterns)
    {
        ObjectDisposedException.ThrowIf(_handle.IsDisposed, this);
        return new TapSession(_taps, patterns.ToArray(), listener: null);
    }

    /// <summary>Shows the outputs of layers, from every run of this model until the session is disposed.</summary>
    /// <param name="pattern">The names of PyTorch modules, in which <c>*</c> is any run of characters, dots included, and <c>?</c> is any one.</param>
    /// <param name="listener">
    /// Gets the name and a copy of the output, on the thread that runs the model, as soon as the layer is computed. What it throws stops the
    /// run and comes out of it. It must not call this model, which is busy.
    /// </param>
    /// <exception cref="ArgumentException">The pattern is empty.</exception>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public TapSession Tap(string pattern, Action<string, FloatTensor> listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        ObjectDisposedException.ThrowIf(_handle.IsDisposed, this);
        return new TapSession(_taps, [pattern], listener);
    }

    /// <summary>Gives back the scratch memory of earlier calls; the weights stay. The next call takes it again.</summary>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public void Trim()
    {
        using Turn turn = TakeTurn(CancellationToken.None);
        TrimNative(turn.Address).ThrowIfFailed();
    }

    /// <summary>Gives all memory back: now, or when the running call ends. Does not wait for it.</summary>
    public void Dispose()
    {
        _handle.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Makes the model that owns a handle, and frees the handle if that fails.</summary>
    private protected static TModel Own<THandle, TModel>(THandle handle, Func<THandle, TModel> wrap)
        where THandle : ChromaSafeHandle
    {
        try
        {
            return wrap(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private protected abstract chroma_status GetMemory(nint model, chroma_memory* memory);

    private protected abstract chroma_status TrimNative(nint model);

    /// <summary>The taps that watch a run which starts now.</summary>
    private protected IReadOnlyList<LayerTap> TapsOf(RunOptions options) => _taps.With(options.Taps);

    /// <summary>Waits until no other call runs, and keeps the native object alive until the turn is over.</summary>
    /// <exception cref="InvalidOperationException">A callback of this model's own call asks for it, which could never be served.</exception>
    private protected Turn TakeTurn(CancellationToken cancellationToken) => new(this, cancellationToken);

    private protected readonly ref struct Turn
    {
        private readonly ChromaModel _model;
        private readonly ChromaSafeHandle.Lease _lease;
        private readonly CallGate.Hold _hold;

        public Turn(ChromaModel model, CancellationToken cancellationToken)
        {
            ObjectDisposedException.ThrowIf(model._handle.IsDisposed, model);
            model._gate.Wait(cancellationToken);
            try
            {
                ObjectDisposedException.ThrowIf(model._handle.IsDisposed, model);
                _lease = model._handle.Use();
            }
            catch
            {
                model._gate.Release();
                throw;
            }

            _model = model;
            _hold = model._gate.Enter();
        }

        public nint Address => _lease.Address;

        public void Dispose()
        {
            _hold.Dispose();
            _lease.Dispose();
            _model._gate.Release();
        }
    }
}
