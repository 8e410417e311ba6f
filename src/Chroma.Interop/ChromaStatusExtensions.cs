using System.Runtime.InteropServices;

namespace Chroma.Interop;

/// <summary>Turns native statuses into exceptions.</summary>
public static unsafe class ChromaStatusExtensions
{
    /// <summary>Throws unless the status is <see cref="chroma_status.CHROMA_OK"/>. Call it on the thread that made the native call, at once.</summary>
    /// <param name="status">What a native function returned.</param>
    /// <exception cref="OperationCanceledException">The call was stopped by its abort callback.</exception>
    /// <exception cref="ChromaException">Any other failure, with the native library's sentence.</exception>
    public static void ThrowIfFailed(this chroma_status status)
    {
        if (status == chroma_status.CHROMA_OK)
        {
            return;
        }

        string message = Marshal.PtrToStringUTF8((nint)ChromaNative.chroma_last_error()) ?? "";
        throw status == chroma_status.CHROMA_ERROR_ABORTED
            ? new OperationCanceledException(message)
            : new ChromaException(status, message);
    }
}
