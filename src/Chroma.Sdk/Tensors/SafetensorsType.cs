namespace Chroma.Tensors;

/// <summary>The element types of a safetensors file.</summary>
public enum SafetensorsType
{
    /// <summary>IEEE 754 binary64.</summary>
    F64,

    /// <summary>IEEE 754 binary32.</summary>
    F32,

    /// <summary>IEEE 754 binary16.</summary>
    F16,

    /// <summary>The upper half of a binary32.</summary>
    BF16,

    /// <summary>8 bits: 4 of exponent (bias 7), 3 of mantissa, no infinities, NaN is 0x7F and 0xFF (torch.float8_e4m3fn).</summary>
    F8E4M3,

    /// <summary>8 bits: 5 of exponent (bias 15), 2 of mantissa; the upper half of a binary16 (torch.float8_e5m2).</summary>
    F8E5M2,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>Signed 32-bit integer.</summary>
    I32,

    /// <summary>Signed 16-bit integer.</summary>
    I16,

    /// <summary>Signed 8-bit integer.</summary>
    I8,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>One byte, 0 or 1.</summary>
    Bool,
}

/// <summary>What a safetensors header calls each element type, and how many bytes it takes.</summary>
public static class SafetensorsTypes
{
    /// <summary>The name in the header, such as <c>F8_E4M3</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the enumeration.</exception>
    public static string HeaderName(this SafetensorsType type) => type switch
    {
        SafetensorsType.F64 => "F64",
        SafetensorsType.F32 => "F32",
        SafetensorsType.F16 => "F16",
        SafetensorsType.BF16 => "BF16",
        SafetensorsType.F8E4M3 => "F8_E4M3",
        SafetensorsType.F8E5M2 => "F8_E5M2",
        SafetensorsType.I64 => "I64",
        SafetensorsType.I32 => "I32",
        SafetensorsType.I16 => "I16",
        SafetensorsType.I8 => "I8",
        SafetensorsType.U8 => "U8",
        SafetensorsType.Bool => "BOOL",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "This is not a safetensors element type."),
    };

    /// <summary>The size of one element in bytes: 1, 2, 4 or 8.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the enumeration.</exception>
    public static int ElementSize(this SafetensorsType type) => type switch
    {
        SafetensorsType.F64 or SafetensorsType.I64 => 8,
        SafetensorsType.F32 or SafetensorsType.I32 => 4,
        SafetensorsType.F16 or SafetensorsType.BF16 or SafetensorsType.I16 => 2,
        SafetensorsType.F8E4M3 or SafetensorsType.F8E5M2 or SafetensorsType.I8 or SafetensorsType.U8 or SafetensorsType.Bool => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "This is not a safetensors element type."),
    };

    /// <summary>Whether elements are whole numbers (booleans count as 0 and 1).</summary>
    public static bool IsInteger(this SafetensorsType type) => type >= SafetensorsType.I64;

    /// <summary>Finds the type that a header means.</summary>
    /// <param name="name">The name as it stands in the header; upper case matters.</param>
    /// <param name="type">The type, where there is one of this name.</param>
    /// <returns>Whether the name is known.</returns>
    public static bool TryParse(string name, out SafetensorsType type)
    {
        SafetensorsType? found = name switch
        {
            "F64" => SafetensorsType.F64,
            "F32" => SafetensorsType.F32,
            "F16" => SafetensorsType.F16,
            "BF16" => SafetensorsType.BF16,
            "F8_E4M3" => SafetensorsType.F8E4M3,
            "F8_E5M2" => SafetensorsType.F8E5M2,
            "I64" => SafetensorsType.I64,
            "I32" => SafetensorsType.I32,
            "I16" => SafetensorsType.I16,
            "I8" => SafetensorsType.I8,
            "U8" => SafetensorsType.U8,
            "BOOL" => SafetensorsType.Bool,
            _ => null,
        };
        type = found.GetValueOrDefault();
        return found is not null;
    }
}
