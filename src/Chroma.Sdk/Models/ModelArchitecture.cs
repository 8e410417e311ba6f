using Chroma.Interop;

namespace Chroma.Models;

/// <summary>Which network a checkpoint holds, told by its tensors.</summary>
public enum ModelArchitecture
{
    /// <summary>None that this library knows.</summary>
    Unknown = chroma_architecture.CHROMA_ARCHITECTURE_UNKNOWN,

    /// <summary>Chroma's transformer.</summary>
    Chroma = chroma_architecture.CHROMA_ARCHITECTURE_CHROMA,

    /// <summary>The encoder of T5 v1.1.</summary>
    T5Encoder = chroma_architecture.CHROMA_ARCHITECTURE_T5_ENCODER,

    /// <summary>FLUX's autoencoder.</summary>
    Autoencoder = chroma_architecture.CHROMA_ARCHITECTURE_AUTOENCODER,

    /// <summary>FLUX's transformer: recognised, not supported.</summary>
    Flux = chroma_architecture.CHROMA_ARCHITECTURE_FLUX,

    /// <summary>Chroma Radiance, which works on pixels: recognised, not supported.</summary>
    ChromaRadiance = chroma_architecture.CHROMA_ARCHITECTURE_CHROMA_RADIANCE,

    /// <summary>CLIP: recognised, not supported.</summary>
    Clip = chroma_architecture.CHROMA_ARCHITECTURE_CLIP,

    /// <summary>Stable Diffusion: recognised, not supported.</summary>
    StableDiffusion = chroma_architecture.CHROMA_ARCHITECTURE_STABLE_DIFFUSION,

    /// <summary>TAEF1 or TAESD, which make previews: recognised, not supported.</summary>
    TinyAutoencoder = chroma_architecture.CHROMA_ARCHITECTURE_TINY_AUTOENCODER,
}

/// <summary>The format of a checkpoint's files.</summary>
public enum WeightsContainer
{
    /// <summary>GGUF, as ggml's programs write it.</summary>
    Gguf = chroma_container.CHROMA_CONTAINER_GGUF,

    /// <summary>Safetensors, as PyTorch's programs write it; one file, shards or a folder.</summary>
    Safetensors = chroma_container.CHROMA_CONTAINER_SAFETENSORS,
}
