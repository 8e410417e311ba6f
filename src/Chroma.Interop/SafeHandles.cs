using System.Runtime.InteropServices;

namespace Chroma.Interop;

/// <summary>
/// Owns one object of the native library and frees it once, when disposed and no call is using it any more. Calls take it through
/// <see cref="Use"/>, so that an object is never freed under a running call.
/// </summary>
public abstract class ChromaSafeHandle : SafeHandle
{
    private protected ChromaSafeHandle()
        : base(0, ownsHandle: true)
    {
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Keeps the object alive until the lease is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The handle has been disposed.</exception>
    public Lease Use() => new(this);

    /// <summary>The right to use a handle's pointer for the length of a call.</summary>
    public readonly ref struct Lease
    {
        private readonly ChromaSafeHandle _owner;

        internal Lease(ChromaSafeHandle owner)
        {
            bool added = false;
            owner.DangerousAddRef(ref added);
            _owner = owner;
        }

        /// <summary>The native object's address, valid until <see cref="Dispose"/>.</summary>
        public nint Address => _owner.DangerousGetHandle();

        /// <summary>Ends the use.</summary>
        public void Dispose() => _owner.DangerousRelease();
    }
}

/// <summary>Owns a <see cref="chroma_engine"/>.</summary>
public sealed unsafe class EngineHandle : ChromaSafeHandle
{
    /// <summary>Takes ownership of what <see cref="ChromaNative.chroma_engine_create"/> gave.</summary>
    /// <param name="engine">The native engine.</param>
    public EngineHandle(chroma_engine* engine) => SetHandle((nint)engine);

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        ChromaNative.chroma_engine_free((chroma_engine*)handle);
        return true;
    }
}

/// <summary>Owns a <see cref="chroma_weights"/>.</summary>
public sealed unsafe class WeightsHandle : ChromaSafeHandle
{
    /// <summary>Takes ownership of what <see cref="ChromaNative.chroma_weights_open"/> gave.</summary>
    /// <param name="weights">The native checkpoint.</param>
    public WeightsHandle(chroma_weights* weights) => SetHandle((nint)weights);

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        ChromaNative.chroma_weights_free((chroma_weights*)handle);
        return true;
    }
}

/// <summary>Owns a <see cref="chroma_transformer"/>.</summary>
public sealed unsafe class TransformerHandle : ChromaSafeHandle
{
    /// <summary>Takes ownership of what <see cref="ChromaNative.chroma_transformer_load"/> gave.</summary>
    /// <param name="transformer">The native transformer.</param>
    public TransformerHandle(chroma_transformer* transformer) => SetHandle((nint)transformer);

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        ChromaNative.chroma_transformer_free((chroma_transformer*)handle);
        return true;
    }
}

/// <summary>Owns a <see cref="chroma_text_encoder"/>.</summary>
public sealed unsafe class TextEncoderHandle : ChromaSafeHandle
{
    /// <summary>Takes ownership of what <see cref="ChromaNative.chroma_text_encoder_load"/> gave.</summary>
    /// <param name="encoder">The native text encoder.</param>
    public TextEncoderHandle(chroma_text_encoder* encoder) => SetHandle((nint)encoder);

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        ChromaNative.chroma_text_encoder_free((chroma_text_encoder*)handle);
        return true;
    }
}

/// <summary>Owns a <see cref="chroma_autoencoder"/>.</summary>
public sealed unsafe class AutoencoderHandle : ChromaSafeHandle
{
    /// <summary>Takes ownership of what <see cref="ChromaNative.chroma_autoencoder_load"/> gave.</summary>
    /// <param name="autoencoder">The native autoencoder.</param>
    public AutoencoderHandle(chroma_autoencoder* autoencoder) => SetHandle((nint)autoencoder);

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        ChromaNative.chroma_autoencoder_free((chroma_autoencoder*)handle);
        return true;
    }
}
