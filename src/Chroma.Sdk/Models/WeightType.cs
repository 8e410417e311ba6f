using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using Chroma.Configuration;
using Chroma.Interop;

namespace Chroma.Models;

/// <summary>How the elements of weights are stored. Quantised types are ggml's blocks of those names.</summary>
[TypeConverter(typeof(WeightTypeConverter))]
public enum WeightType
{
    /// <summary>As an option: keep each tensor as the file has it.</summary>
    Stored = chroma_type.CHROMA_TYPE_STORED,

    /// <summary>IEEE 754 binary32.</summary>
    F32 = chroma_type.CHROMA_TYPE_F32,

    /// <summary>IEEE 754 binary16.</summary>
    F16 = chroma_type.CHROMA_TYPE_F16,

    /// <summary>The upper half of a binary32.</summary>
    BF16 = chroma_type.CHROMA_TYPE_BF16,

    /// <summary>8 bits, 4 of exponent. Read only.</summary>
    F8_E4M3 = chroma_type.CHROMA_TYPE_F8_E4M3,

    /// <summary>8 bits, 5 of exponent. Read only.</summary>
    F8_E5M2 = chroma_type.CHROMA_TYPE_F8_E5M2,

    /// <summary>IEEE 754 binary64. Read only.</summary>
    F64 = chroma_type.CHROMA_TYPE_F64,

    /// <summary>Signed 8-bit integer. Read only.</summary>
    I8 = chroma_type.CHROMA_TYPE_I8,

    /// <summary>Signed 16-bit integer. Read only.</summary>
    I16 = chroma_type.CHROMA_TYPE_I16,

    /// <summary>Signed 32-bit integer. Read only.</summary>
    I32 = chroma_type.CHROMA_TYPE_I32,

    /// <summary>Signed 64-bit integer. Read only.</summary>
    I64 = chroma_type.CHROMA_TYPE_I64,

    /// <summary>4.5 bits per weight: blocks of 32 with a scale.</summary>
    Q4_0 = chroma_type.CHROMA_TYPE_Q4_0,

    /// <summary>5 bits per weight: blocks of 32 with a scale and a minimum.</summary>
    Q4_1 = chroma_type.CHROMA_TYPE_Q4_1,

    /// <summary>5.5 bits per weight: blocks of 32 with a scale.</summary>
    Q5_0 = chroma_type.CHROMA_TYPE_Q5_0,

    /// <summary>6 bits per weight: blocks of 32 with a scale and a minimum.</summary>
    Q5_1 = chroma_type.CHROMA_TYPE_Q5_1,

    /// <summary>8.5 bits per weight: blocks of 32 with a scale.</summary>
    Q8_0 = chroma_type.CHROMA_TYPE_Q8_0,

    /// <summary>2.6 bits per weight: super-blocks of 256.</summary>
    Q2_K = chroma_type.CHROMA_TYPE_Q2_K,

    /// <summary>3.4 bits per weight: super-blocks of 256.</summary>
    Q3_K = chroma_type.CHROMA_TYPE_Q3_K,

    /// <summary>4.5 bits per weight: super-blocks of 256.</summary>
    Q4_K = chroma_type.CHROMA_TYPE_Q4_K,

    /// <summary>5.5 bits per weight: super-blocks of 256.</summary>
    Q5_K = chroma_type.CHROMA_TYPE_Q5_K,

    /// <summary>6.6 bits per weight: super-blocks of 256.</summary>
    Q6_K = chroma_type.CHROMA_TYPE_Q6_K,

    /// <summary>A type that can be read but has no name here; <see cref="WeightsTensor.StoredType"/> says which. Read only.</summary>
    Other = chroma_type.CHROMA_TYPE_OTHER,

    /// <summary>
    /// For speed on the CPU: int8 rows of weights and of activations with a scale each, rotated by blocks so that outliers do not cost
    /// precision. The Approximator and the first and last layers keep their type. Made while loading or in a file by any native library; to run
    /// it needs one with oneDNN. Such a file loads as it is stored, and as no other type.
    /// </summary>
    [SuppressMessage("Naming", "CA1720:Identifiers should not contain type names", Justification = "The type is known by this name.")]
    Int8 = chroma_type.CHROMA_TYPE_INT8,
}
