using Chroma.Interop;

namespace Chroma;

/// <summary>The kinds of failure that a <see cref="ChromaException"/> tells apart.</summary>
public enum ChromaErrorKind
{
    /// <summary>An argument is out of range or of the wrong shape.</summary>
    InvalidArgument = chroma_status.CHROMA_ERROR_INVALID_ARGUMENT,

    /// <summary>A file cannot be opened, read or written, or was changed while it was in use.</summary>
    Io = chroma_status.CHROMA_ERROR_IO,

    /// <summary>A file is damaged, or not of the format that it claims.</summary>
    Format = chroma_status.CHROMA_ERROR_FORMAT,

    /// <summary>A sound file, but of another model or component.</summary>
    WrongModel = chroma_status.CHROMA_ERROR_WRONG_MODEL,

    /// <summary>The model file lacks a tensor.</summary>
    MissingTensor = chroma_status.CHROMA_ERROR_MISSING_TENSOR,

    /// <summary>A tensor of the model file has another shape than the others imply.</summary>
    TensorShape = chroma_status.CHROMA_ERROR_TENSOR_SHAPE,

    /// <summary>Known, but not supported by this build or version.</summary>
    Unsupported = chroma_status.CHROMA_ERROR_UNSUPPORTED,

    /// <summary>The machine or the device has not enough memory.</summary>
    OutOfMemory = chroma_status.CHROMA_ERROR_OUT_OF_MEMORY,

    /// <summary>A callback asked to stop. Callers of this library see an <see cref="OperationCanceledException"/> instead.</summary>
    Aborted = chroma_status.CHROMA_ERROR_ABORTED,

    /// <summary>A defect in the native library.</summary>
    Internal = chroma_status.CHROMA_ERROR_INTERNAL,

    /// <summary>A network gave infinite or undefined values: its weights are damaged, or of a type of too small a range.</summary>
    NotFinite = chroma_status.CHROMA_ERROR_NOT_FINITE,
}
