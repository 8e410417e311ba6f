using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Chroma.Tensors;

/// <summary>Turns the little-endian bytes of a safetensors tensor into numbers.</summary>
internal static class SafetensorsElements
{
    /// <summary>Converts elements of any type to float32: rounded to nearest from F64 and wide integers, exact from the rest.</summary>
    /// <param name="type">The type of the elements in <paramref name="source"/>.</param>
    /// <param name="source">Their bytes, as many as <paramref name="target"/> has elements times the element size.</param>
    /// <param name="target">Receives the numbers.</param>
    internal static void ToSingles(SafetensorsType type, ReadOnlySpan<byte> source, Span<float> target)
    {
        switch (type)
        {
            case SafetensorsType.F64:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, double>(source), target);
                break;
            case SafetensorsType.F32:
                MemoryMarshal.Cast<byte, float>(source).CopyTo(target);
                break;
            case SafetensorsType.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), target);
                break;
            case SafetensorsType.BF16:
                ReadOnlySpan<ushort> upperHalves = MemoryMarshal.Cast<byte, ushort>(source);
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = BitConverter.UInt32BitsToSingle((uint)upperHalves[i] << 16);
                }

                break;
            case SafetensorsType.F8E4M3:
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = FromE4M3(source[i]);
                }

                break;
            case SafetensorsType.F8E5M2:
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = (float)BitConverter.UInt16BitsToHalf((ushort)(source[i] << 8));
                }

                break;
            default:
                Span<long> integers = target.Length <= 256 ? stackalloc long[target.Length] : new long[target.Length];
                ToIntegers(type, source, integers);
                TensorPrimitives.ConvertTruncating<long, float>(integers, target);
                break;
        }
    }

    /// <summary>Converts elements of an integer type to 64 bits, always exactly. A boolean is 1 where its byte is not 0.</summary>
    /// <param name="type">The type of the elements in <paramref name="source"/>, an integer one.</param>
    /// <param name="source">Their bytes, as many as <paramref name="target"/> has elements times the element size.</param>
    /// <param name="target">Receives the numbers.</param>
    internal static void ToIntegers(SafetensorsType type, ReadOnlySpan<byte> source, Span<long> target)
    {
        switch (type)
        {
            case SafetensorsType.I64:
                MemoryMarshal.Cast<byte, long>(source).CopyTo(target);
                break;
            case SafetensorsType.I32:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, int>(source), target);
                break;
            case SafetensorsType.I16:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, short>(source), target);
                break;
            case SafetensorsType.I8:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, sbyte>(source), target);
                break;
            case SafetensorsType.U8:
                TensorPrimitives.ConvertTruncating(source, target);
                break;
            case SafetensorsType.Bool:
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = source[i] == 0 ? 0 : 1;
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "This is not an integer type.");
        }
    }

    /// <summary>One float8 of the E4M3 (finite and NaN) kind: "FP8 Formats for Deep Learning", Micikevicius et al., 2022.</summary>
    private static float FromE4M3(byte bits)
    {
        int exponent = (bits >> 3) & 0xF;
        int mantissa = bits & 0x7;
        float magnitude = (exponent, mantissa) switch
        {
            (0xF, 0x7) => float.NaN,
            (0, _) => mantissa * (1f / 512f),
            _ => MathF.ScaleB(8 + mantissa, exponent - 10),
        };
        return (bits & 0x80) == 0 ? magnitude : -magnitude;
    }
}
