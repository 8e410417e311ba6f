using System.Runtime.InteropServices;

namespace Chroma.Models;

/// <summary>Masks of tokens, [B, T], on their way to native code.</summary>
internal static class BatchMask
{
    /// <summary>A mask's elements as bytes 0 and 1; nothing for null.</summary>
    public static ReadOnlySpan<byte> Bytes(bool[,]? mask) => mask is null or { Length: 0 }
        ? default
        : MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref mask[0, 0], mask.Length));

    /// <summary>Refuses a mask of another shape, or one that leaves a sample without tokens. Null is fine.</summary>
    public static void Check(bool[,]? mask, int batch, int tokens, string name)
    {
        if (mask is null)
        {
            return;
        }

        if (mask.GetLength(0) != batch || mask.GetLength(1) != tokens)
        {
            throw new ArgumentException($"The mask must be [{batch}, {tokens}], but is [{mask.GetLength(0)}, {mask.GetLength(1)}].", name);
        }

        ReadOnlySpan<byte> bytes = Bytes(mask);
        for (int sample = 0; sample < batch; sample++)
        {
            if (!bytes.Slice(sample * tokens, tokens).Contains((byte)1))
            {
                throw new ArgumentException($"The mask leaves no token of sample {sample}, expected at least one.", name);
            }
        }
    }
}
