using System.Runtime.InteropServices;

namespace Chroma.Interop;

/// <summary>Owns a <see cref="chroma_engine"/>. It is freed after the last model that was loaded with it.</summary>
public sealed unsafe class EngineHandle : ChromaSafeHandle
{
    private GCHandle _callbackState;

    /// <summary>Takes ownership of what <see cref="ChromaNative.chroma_engine_create"/> gave.</summary>
    /// <param name="engine">The native engine.</param>
    /// <param name="callbackState">What the log callback gets as user_data, freed after the engine; default for none.</param>
    public EngineHandle(chroma_engine* engine, GCHandle callbackState = default)
        : base((nint)engine, owner: null) => _callbackState = callbackState;

    private protected override void Free(nint address)
    {
        ChromaNative.chroma_engine_free((chroma_engine*)address);
        if (_callbackState.IsAllocated)
        {
            _callbackState.Free();
        }
    }
}

/// <summary>Owns a <see cref="chroma_weights"/>.</summary>
public sealed unsafe class WeightsHandle : ChromaSafeHandle
{
    /// <summary>Takes ownership of what <see cref="ChromaNative.chroma_weights_open"/> gave.</summary>
    /// <param name="weights">The native checkpoint.</param>
    public WeightsHandle(chroma_weights* weights)
        : base((nint)weights, owner: null)
    {
    }

    private protected override void Free(nint address) => ChromaNative.chroma_weights_free((chroma_weights*)address);
}

/// <summary>Owns a <see cref="chroma_output"/>.</summary>
public sealed unsafe class OutputHandle : ChromaSafeHandle
{
    /// <summary>Takes ownership of what <see cref="ChromaNative.chroma_output_create"/> gave.</summary>
    /// <param name="output">The native output.</param>
    public OutputHandle(chroma_output* output)
        : base((nint)output, owner: null)
    {
    }

    private protected override void Free(nint address) => ChromaNative.chroma_output_free((chroma_output*)address);
}

/// <summary>Owns a <see cref="chroma_transformer"/>.</summary>
public sealed unsafe class TransformerHandle : ChromaSafeHandle
{
    /// <summary>Takes ownership of what <see cref="ChromaNative.chroma_transformer_load"/> gave.</summary>
    /// <param name="transformer">The native transformer.</param>
    /// <param name="engine">The engine that it was loaded with; kept until the transformer is freed.</param>
    public TransformerHandle(chroma_transformer* transformer, EngineHandle engine)
        : base((nint)transformer, engine)
    {
    }

    private protected override void Free(nint address) => ChromaNative.chroma_transformer_free((chroma_transformer*)address);
}

/// <summary>Owns a <see cref="chroma_step_cache"/>.</summary>
public sealed unsafe class StepCacheHandle : ChromaSafeHandle
{
    /// <summary>Takes ownership of what <see cref="ChromaNative.chroma_step_cache_create"/> gave.</summary>
    /// <param name="cache">The native cache.</param>
    public StepCacheHandle(chroma_step_cache* cache)
        : base((nint)cache, owner: null)
    {
    }

    private protected override void Free(nint address) => ChromaNative.chroma_step_cache_free((chroma_step_cache*)address);
}

/// <summary>Owns a <see cref="chroma_text_encoder"/>.</summary>
public sealed unsafe class TextEncoderHandle : ChromaSafeHandle
{
    /// <summary>Takes ownership of what <see cref="ChromaNative.chroma_text_encoder_load"/> gave.</summary>
    /// <param name="encoder">The native text encoder.</param>
    /// <param name="engine">The engine that it was loaded with; kept until the text encoder is freed.</param>
    public TextEncoderHandle(chroma_text_encoder* encoder, EngineHandle engine)
        : base((nint)encoder, engine)
    {
    }

    private protected override void Free(nint address) => ChromaNative.chroma_text_encoder_free((chroma_text_encoder*)address);
}

/// <summary>Owns a <see cref="chroma_autoencoder"/>.</summary>
public sealed unsafe class AutoencoderHandle : ChromaSafeHandle
{
    /// <summary>Takes ownership of what <see cref="ChromaNative.chroma_autoencoder_load"/> gave.</summary>
    /// <param name="autoencoder">The native autoencoder.</param>
    /// <param name="engine">The engine that it was loaded with; kept until the autoencoder is freed.</param>
    public AutoencoderHandle(chroma_autoencoder* autoencoder, EngineHandle engine)
        : base((nint)autoencoder, engine)
    {
    }

    private protected override void Free(nint address) => ChromaNative.chroma_autoencoder_free((chroma_autoencoder*)address);
}
