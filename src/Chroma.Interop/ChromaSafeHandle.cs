using System.Runtime.InteropServices;

namespace Chroma.Interop;

/// <summary>
/// Owns one object of the native library and frees it once, when disposed and no call is using it any more. Calls take it through
/// <see cref="Use"/>, so that an object is never freed under a running call.
/// </summary>
public abstract class ChromaSafeHandle : SafeHandle
{
    private readonly ChromaSafeHandle? _owner;
    private volatile bool _disposed;

    /// <param name="address">The native object, which becomes this handle's.</param>
    /// <param name="owner">A handle that must outlive this one, such as a model's engine; null for none.</param>
    private protected ChromaSafeHandle(nint address, ChromaSafeHandle? owner)
        : base(0, ownsHandle: true)
    {
        SetHandle(address);
        bool added = false;
        owner?.DangerousAddRef(ref added);
        _owner = owner;
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Whether the handle has been disposed, even though the object lives on while a call or another handle uses it.</summary>
    public bool IsDisposed => _disposed || IsClosed;

    /// <summary>Keeps the object alive until the lease is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The handle has been disposed.</exception>
    public Lease Use()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return new Lease(this);
    }

    /// <summary>Frees the native object.</summary>
    /// <param name="address">The object.</param>
    private protected abstract void Free(nint address);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    protected sealed override bool ReleaseHandle()
    {
        Free(handle);
        _owner?.DangerousRelease();
        return true;
    }

    /// <summary>The right to use a handle's pointer for the length of a call. A default one is of no handle: its address is 0.</summary>
    public readonly ref struct Lease
    {
        private readonly ChromaSafeHandle? _leased;

        internal Lease(ChromaSafeHandle leased)
        {
            bool added = false;
            leased.DangerousAddRef(ref added);
            _leased = leased;
        }

        /// <summary>The native object's address, valid until <see cref="Dispose"/>.</summary>
        public nint Address => _leased?.DangerousGetHandle() ?? 0;

        /// <summary>Ends the use.</summary>
        public void Dispose() => _leased?.DangerousRelease();
    }
}
