// Generated from chroma.h by tools/Chroma.BindingGenerator. Change the header and run it again: ./build.sh --target=Bindings
#nullable enable
#pragma warning disable IDE0079, CA1008, CA1028, CA1051, CA1401, CA1711, CA1720, CA1815, CA2101, CS8981, IDE1006, SYSLIB1054

namespace Chroma.Interop;

/// <summary>C: chroma_status</summary>
public enum chroma_status
{
    /// <summary>C: CHROMA_OK</summary>
    CHROMA_OK = 0,
    /// <summary>An argument is NULL, out of range, or of the wrong shape</summary>
    CHROMA_ERROR_INVALID_ARGUMENT = 1,
    /// <summary>A file can&apos;t be opened, read or written, or changed while it was in use</summary>
    CHROMA_ERROR_IO = 2,
    /// <summary>A file is damaged, or not of the format that it claims</summary>
    CHROMA_ERROR_FORMAT = 3,
    /// <summary>A sound file, but of another model or component</summary>
    CHROMA_ERROR_WRONG_MODEL = 4,
    /// <summary>The model file lacks a tensor</summary>
    CHROMA_ERROR_MISSING_TENSOR = 5,
    /// <summary>A tensor of the model file has another shape than the others imply</summary>
    CHROMA_ERROR_TENSOR_SHAPE = 6,
    /// <summary>Known, but not supported by this build or version</summary>
    CHROMA_ERROR_UNSUPPORTED = 7,
    /// <summary>C: CHROMA_ERROR_OUT_OF_MEMORY</summary>
    CHROMA_ERROR_OUT_OF_MEMORY = 8,
    /// <summary>The abort callback asked to stop</summary>
    CHROMA_ERROR_ABORTED = 9,
    /// <summary>A defect in this library</summary>
    CHROMA_ERROR_INTERNAL = 10,
    /// <summary>A network gave infinite or undefined values: damaged weights, or a type of too small a range</summary>
    CHROMA_ERROR_NOT_FINITE = 11,
}

/// <summary>How tensor elements are stored. Values are this library&apos;s own; quantised types are ggml&apos;s blocks of those names.</summary>
public enum chroma_type
{
    /// <summary>As options: keep each tensor as the file has it</summary>
    CHROMA_TYPE_STORED = 0,
    /// <summary>C: CHROMA_TYPE_F32</summary>
    CHROMA_TYPE_F32 = 1,
    /// <summary>C: CHROMA_TYPE_F16</summary>
    CHROMA_TYPE_F16 = 2,
    /// <summary>C: CHROMA_TYPE_BF16</summary>
    CHROMA_TYPE_BF16 = 3,
    /// <summary>Read only</summary>
    CHROMA_TYPE_F8_E4M3 = 4,
    /// <summary>Read only</summary>
    CHROMA_TYPE_F8_E5M2 = 5,
    /// <summary>Read only</summary>
    CHROMA_TYPE_F64 = 6,
    /// <summary>C: CHROMA_TYPE_I8</summary>
    CHROMA_TYPE_I8 = 7,
    /// <summary>C: CHROMA_TYPE_I16</summary>
    CHROMA_TYPE_I16 = 8,
    /// <summary>C: CHROMA_TYPE_I32</summary>
    CHROMA_TYPE_I32 = 9,
    /// <summary>C: CHROMA_TYPE_I64</summary>
    CHROMA_TYPE_I64 = 10,
    /// <summary>C: CHROMA_TYPE_Q4_0</summary>
    CHROMA_TYPE_Q4_0 = 11,
    /// <summary>C: CHROMA_TYPE_Q4_1</summary>
    CHROMA_TYPE_Q4_1 = 12,
    /// <summary>C: CHROMA_TYPE_Q5_0</summary>
    CHROMA_TYPE_Q5_0 = 13,
    /// <summary>C: CHROMA_TYPE_Q5_1</summary>
    CHROMA_TYPE_Q5_1 = 14,
    /// <summary>C: CHROMA_TYPE_Q8_0</summary>
    CHROMA_TYPE_Q8_0 = 15,
    /// <summary>C: CHROMA_TYPE_Q2_K</summary>
    CHROMA_TYPE_Q2_K = 16,
    /// <summary>C: CHROMA_TYPE_Q3_K</summary>
    CHROMA_TYPE_Q3_K = 17,
    /// <summary>C: CHROMA_TYPE_Q4_K</summary>
    CHROMA_TYPE_Q4_K = 18,
    /// <summary>C: CHROMA_TYPE_Q5_K</summary>
    CHROMA_TYPE_Q5_K = 19,
    /// <summary>C: CHROMA_TYPE_Q6_K</summary>
    CHROMA_TYPE_Q6_K = 20,
    /// <summary>A type that ggml can dequantise but that has no name here (IQ4_XS, ...), or U8/BOOL</summary>
    CHROMA_TYPE_OTHER = 21,
    /// <summary>Int8 rows of weights and of activations with a scale each, rotated block by block with a Hadamard matrix; the Approximator, the first and the last layers keep their type. Runs on oneDNN, on the CPU. In a file: &quot;X.weight&quot; as I8, &quot;X.weight_scale&quot; as F32, and the metadata chroma.int8.rotation and chroma.int8.stride (docs/precision.md)</summary>
    CHROMA_TYPE_INT8 = 22,
}

/// <summary>---------------------------------------------------------------- callbacks</summary>
public enum chroma_log_level
{
    /// <summary>C: CHROMA_LOG_DEBUG</summary>
    CHROMA_LOG_DEBUG = 0,
    /// <summary>C: CHROMA_LOG_INFO</summary>
    CHROMA_LOG_INFO = 1,
    /// <summary>C: CHROMA_LOG_WARNING</summary>
    CHROMA_LOG_WARNING = 2,
    /// <summary>C: CHROMA_LOG_ERROR</summary>
    CHROMA_LOG_ERROR = 3,
}

/// <summary>Which code computes on the CPU.</summary>
public enum chroma_kernels
{
    /// <summary>OneDNN where this build has it, ggml&apos;s own elsewhere</summary>
    CHROMA_KERNELS_AUTO = 0,
    /// <summary>Ggml&apos;s own alone</summary>
    CHROMA_KERNELS_GGML = 1,
    /// <summary>OneDNN; CHROMA_ERROR_UNSUPPORTED in a build without it</summary>
    CHROMA_KERNELS_ONEDNN = 2,
}

/// <summary>What a path to write to leads to, after all symbolic links.</summary>
public enum chroma_output_kind
{
    /// <summary>A regular file, or nothing yet: replaced when the new one is whole</summary>
    CHROMA_OUTPUT_FILE = 0,
    /// <summary>A device, a pipe or a descriptor of this process (/dev/fd/3): written to as it is</summary>
    CHROMA_OUTPUT_SPECIAL = 1,
    /// <summary>The same, and it is this process&apos;s standard output</summary>
    CHROMA_OUTPUT_STANDARD_OUTPUT = 2,
}

/// <summary>C: chroma_container</summary>
public enum chroma_container
{
    /// <summary>C: CHROMA_CONTAINER_GGUF</summary>
    CHROMA_CONTAINER_GGUF = 0,
    /// <summary>C: CHROMA_CONTAINER_SAFETENSORS</summary>
    CHROMA_CONTAINER_SAFETENSORS = 1,
}

/// <summary>C: chroma_architecture</summary>
public enum chroma_architecture
{
    /// <summary>C: CHROMA_ARCHITECTURE_UNKNOWN</summary>
    CHROMA_ARCHITECTURE_UNKNOWN = 0,
    /// <summary>C: CHROMA_ARCHITECTURE_CHROMA</summary>
    CHROMA_ARCHITECTURE_CHROMA = 1,
    /// <summary>C: CHROMA_ARCHITECTURE_T5_ENCODER</summary>
    CHROMA_ARCHITECTURE_T5_ENCODER = 2,
    /// <summary>C: CHROMA_ARCHITECTURE_AUTOENCODER</summary>
    CHROMA_ARCHITECTURE_AUTOENCODER = 3,
    /// <summary>Recognised, not supported</summary>
    CHROMA_ARCHITECTURE_FLUX = 4,
    /// <summary>Recognised, not supported</summary>
    CHROMA_ARCHITECTURE_CHROMA_RADIANCE = 5,
    /// <summary>Recognised, not supported</summary>
    CHROMA_ARCHITECTURE_CLIP = 6,
    /// <summary>Recognised, not supported</summary>
    CHROMA_ARCHITECTURE_STABLE_DIFFUSION = 7,
    /// <summary>TAEF1 or TAESD: recognised, not supported</summary>
    CHROMA_ARCHITECTURE_TINY_AUTOENCODER = 8,
}

/// <summary>C: chroma_metadata_kind</summary>
public enum chroma_metadata_kind
{
    /// <summary>C: CHROMA_METADATA_STRING</summary>
    CHROMA_METADATA_STRING = 0,
    /// <summary>C: CHROMA_METADATA_INTEGER</summary>
    CHROMA_METADATA_INTEGER = 1,
    /// <summary>C: CHROMA_METADATA_NUMBER</summary>
    CHROMA_METADATA_NUMBER = 2,
    /// <summary>C: CHROMA_METADATA_BOOLEAN</summary>
    CHROMA_METADATA_BOOLEAN = 3,
}

/// <summary>What the padding positions of T5 see. Pictures differ.</summary>
public enum chroma_text_mask
{
    /// <summary>Padding keys are hidden; a padding query still sees the real tokens (diffusers)</summary>
    CHROMA_TEXT_MASK_KEY = 0,
    /// <summary>Padding queries too: they average over every position (the training code)</summary>
    CHROMA_TEXT_MASK_TRAINING = 1,
    /// <summary>No mask (ComfyUI)</summary>
    CHROMA_TEXT_MASK_NONE = 2,
}
