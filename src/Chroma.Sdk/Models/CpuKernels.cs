using Chroma.Interop;

namespace Chroma.Models;

/// <summary>Code that computes on the CPU.</summary>
public enum CpuKernels
{
    /// <summary>oneDNN where the native library was built with it, ggml's own elsewhere.</summary>
    Auto = chroma_kernels.CHROMA_KERNELS_AUTO,

    /// <summary>ggml's own alone.</summary>
    Ggml = chroma_kernels.CHROMA_KERNELS_GGML,

    /// <summary>oneDNN; an error in a native library without it.</summary>
    OneDnn = chroma_kernels.CHROMA_KERNELS_ONEDNN,
}
