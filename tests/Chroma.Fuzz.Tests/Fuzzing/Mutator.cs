using System.Buffers.Binary;

namespace Chroma.Fuzz.Tests.Fuzzing;

/// <summary>Changes bytes as fuzzers do: bits, runs, numbers at which sizes go wrong, words of the format, pieces of other inputs.</summary>
/// <param name="seed">Equal seeds change equal inputs equally.</param>
/// <param name="words">Words of the format, to be put in anywhere.</param>
internal sealed class Mutator(ulong seed, IReadOnlyList<byte[]> words)
{
    private const int MaxLength = 1 << 16;
    private const int LongestRun = 200;

    private static readonly ulong[] _edges =
    [
        0, 1, 2, 4, 7, 8, 16, 31, 32, 64, 127, 128, 255, 256, 4096, 32767, 65535, 65536, 1 << 20, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1UL << 32,
        1UL << 48, 1UL << 62, long.MaxValue, 1UL << 63, ulong.MaxValue, ulong.MaxValue - 7,
    ];

    private static readonly string[] _texts =
    [
        "1e999", "-0", "9223372036854775808", "18446744073709551616", "NaN", "null", "[]", "{}", "\"\\ud800\"", "\"\\u0000\"", "-1", "1.5", "true", "\"\"",
    ];

    private ulong _state = seed;

    /// <summary>A number from 0 to <paramref name="count"/> - 1; 0 for a count of 0.</summary>
    public int Below(int count) => count <= 0 ? 0 : (int)(Next() % (ulong)count);

    /// <summary>One of them.</summary>
    public T Pick<T>(IReadOnlyList<T> from) => from[Below(from.Count)];

    /// <summary>A changed copy.</summary>
    /// <param name="input">What is changed.</param>
    /// <param name="other">Where pieces may come from.</param>
    public byte[] Mutate(byte[] input, byte[] other)
    {
        List<byte> bytes = [.. input];
        for (int left = 1 + Below(4); left > 0; left--)
        {
            MutateOnce(bytes, other);
        }

        return bytes.Count > MaxLength ? [.. bytes.Take(MaxLength)] : [.. bytes];
    }

    private void MutateOnce(List<byte> bytes, byte[] other)
    {
        int at = Below(bytes.Count);
        switch (Below(9))
        {
            case 0 when bytes.Count > 0:
                bytes[at] ^= (byte)(1 << Below(8));
                break;
            case 1 when bytes.Count > 0:
                bytes[at] = (byte)Next();
                break;
            case 2:
                bytes.RemoveRange(at, Math.Min(1 + Below(LongestRun), bytes.Count - at));
                break;
            case 3:
                bytes.InsertRange(at, bytes.GetRange(at, Math.Min(1 + Below(LongestRun), bytes.Count - at)));
                break;
            case 4:
                Overwrite(bytes, at, Number());
                break;
            case 5 when words.Count > 0:
                Place(bytes, at, Pick(words));
                break;
            case 6:
                Place(bytes, at, System.Text.Encoding.ASCII.GetBytes(Pick(_texts)));
                break;
            case 7:
                int from = Below(other.Length);
                Place(bytes, at, other.AsSpan(from, Math.Min(1 + Below(LongestRun), other.Length - from)).ToArray());
                break;
            default:
                bytes.RemoveRange(at, bytes.Count - at);
                bytes.AddRange(other.AsSpan(Below(other.Length)));
                break;
        }
    }

    /// <summary>Inserted, or in place of as many bytes.</summary>
    private void Place(List<byte> bytes, int at, byte[] piece)
    {
        if (Below(2) == 0)
        {
            bytes.InsertRange(at, piece);
        }
        else
        {
            Overwrite(bytes, at, piece);
        }
    }

    private static void Overwrite(List<byte> bytes, int at, byte[] piece)
    {
        for (int i = 0; i < piece.Length && at + i < bytes.Count; i++)
        {
            bytes[at + i] = piece[i];
        }
    }

    /// <summary>An edge in 1, 2, 4 or 8 bytes, of either order.</summary>
    private byte[] Number()
    {
        byte[] eight = new byte[8];
        ulong value = Pick(_edges) + (ulong)Below(3) - 1;
        int width = 1 << Below(4);
        if (Below(2) == 0)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(eight, value);
            return eight[..width];
        }

        BinaryPrimitives.WriteUInt64BigEndian(eight, value);
        return eight[^width..];
    }

    // SplitMix64.
    private ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
