using System.Runtime.InteropServices;
using Chroma.Models;
using Chroma.Tensors;

namespace Chroma.EndToEnd.Tests.Nano;

/// <summary>
/// Writes copies of a transformer in which every modulation is that of another row of the Approximator's table, as if an engine dealt out the rows in
/// the wrong order. All other weights stay bit by bit.
/// </summary>
/// <remarks>
/// The Approximator knows row i by cos(f i) and sin(f i) of 16 frequencies f, the last 32 of its inputs. With i + k in the place of i these turn by the
/// angle f k, and turning the weights that take them has the same effect.
/// </remarks>
public static class ShuffledModulation
{
    private const string Weight = "distilled_guidance_layer.in_proj.weight";
    private const int IndexChannels = 32;

    /// <summary>Writes the copy.</summary>
    /// <param name="path">The transformer, a GGUF file.</param>
    /// <param name="copy">Where the copy goes.</param>
    /// <param name="rows">How many rows further each modulation is taken from.</param>
    public static void Write(string path, string copy, int rows)
    {
        using WeightsFile file = WeightsFile.Open(path);
        byte[] stored = file.ReadBytes(Weight);
        byte[] bytes = File.ReadAllBytes(path);
        int at = bytes.AsSpan().IndexOf(stored);
        Encode(Turn(file.Read(Weight), rows), file.Find(Weight)!.Type).CopyTo(bytes, at);
        File.WriteAllBytes(copy, bytes);
    }

    private static FloatTensor Turn(FloatTensor weight, int rows)
    {
        const int half = IndexChannels / 2;
        int inputs = weight.Shape[1];
        for (int i = 0; i < half; i++)
        {
            (double sine, double cosine) = Math.SinCos(1000.0 * rows * Math.Pow(10_000, -i / (double)half));
            for (int row = 0; row < weight.Shape[0]; row++)
            {
                ref float ofCosine = ref weight.Span[((row + 1) * inputs) - IndexChannels + i];
                ref float ofSine = ref weight.Span[((row + 1) * inputs) - half + i];
                (ofCosine, ofSine) = ((float)((ofCosine * cosine) + (ofSine * sine)), (float)((ofSine * cosine) - (ofCosine * sine)));
            }
        }

        return weight;
    }

    private static byte[] Encode(FloatTensor weight, WeightType type) => type switch
    {
        WeightType.F32 => MemoryMarshal.AsBytes(weight.Span).ToArray(),
        WeightType.F16 => MemoryMarshal.AsBytes<Half>(Array.ConvertAll(weight.Span.ToArray(), value => (Half)value)).ToArray(),
        _ => throw new NotSupportedException($"'{Weight}' is stored as {type}; this test writes F32 and F16."),
    };
}
