using Chroma.Interop;

namespace Chroma;

/// <summary>A call into the native library failed. The message names the file, tensor or argument at fault and what was expected.</summary>
public sealed class ChromaException : Exception
{
    /// <summary>Makes an exception without a message.</summary>
    public ChromaException()
    {
    }

    /// <summary>Makes an exception of an unspecified kind.</summary>
    /// <param name="message">One sentence on what is wrong.</param>
    public ChromaException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception of an unspecified kind with a cause.</summary>
    /// <param name="message">One sentence on what is wrong.</param>
    /// <param name="innerException">The cause.</param>
    public ChromaException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes the exception for a native status.</summary>
    /// <param name="status">What the native function returned.</param>
    /// <param name="message">The native library's sentence about it.</param>
    public ChromaException(chroma_status status, string message)
        : base(message) => Status = status;

    /// <summary>What kind of failure it is.</summary>
    public ChromaErrorKind Kind => (ChromaErrorKind)Status;

    /// <summary>The native status itself.</summary>
    public chroma_status Status { get; } = chroma_status.CHROMA_ERROR_INTERNAL;
}
