namespace Chroma.Noise;

/// <summary>
/// The numbers of PyTorch's CPU generator: after <c>torch.manual_seed(seed)</c>, each <see cref="Fill"/> gives what the next
/// <c>torch.randn</c> of as many elements gives, bit for bit on x86-64 with AVX2. (Elsewhere PyTorch itself rounds otherwise, in the
/// last two bits.) ComfyUI and diffusers draw their noise this way, so their seeds carry over.
/// </summary>
/// <remarks>
/// As in <c>aten/src/ATen/native/cpu/DistributionTemplates.h</c> of PyTorch there are two paths, both after Box and Muller, "A note on the
/// generation of random normal deviates", 1958. Sixteen numbers and more come from float32 uniforms in blocks of sixteen; where the
/// length is no multiple of sixteen, the last sixteen are drawn anew. Fewer come one by one from float64 uniforms in pairs, whose second
/// half waits for the next such number, even in a later draw.
/// </remarks>
public sealed class TorchNoise : INoiseGenerator
{
    private const int Block = 16;

    private readonly MersenneTwister _random;
    private double? _waiting;

    /// <summary>Starts the stream of a seed.</summary>
    /// <param name="seed">
    /// The seed. PyTorch's CPU generator uses its low 32 bits alone, so seeds that differ above them give the same numbers; an unsigned
    /// 64-bit seed and the negative number of the same bits are one.
    /// </param>
    public TorchNoise(long seed) => _random = new MersenneTwister(unchecked((uint)seed));

    /// <inheritdoc/>
    public string Name => "torch";

    /// <inheritdoc/>
    public void Fill(Span<float> destination)
    {
        if (destination.Length < Block)
        {
            foreach (ref float element in destination)
            {
                element = (float)NextNormal();
            }

            return;
        }

        FillUniform(destination);
        for (int start = 0; start <= destination.Length - Block; start += Block)
        {
            MakeNormal(destination.Slice(start, Block));
        }

        if (destination.Length % Block != 0)
        {
            Span<float> last = destination[^Block..];
            FillUniform(last);
            MakeNormal(last);
        }
    }

    private static void MakeNormal(Span<float> block)
    {
        const int half = Block / 2;
        for (int i = 0; i < half; i++)
        {
            float radius = MathF.Sqrt(-2f * CephesSingle.Log(1f - block[i]));
            (float sine, float cosine) = CephesSingle.SinCos(MathF.Tau * block[i + half]);
            block[i] = radius * cosine;
            block[i + half] = radius * sine;
        }
    }

    private void FillUniform(Span<float> destination)
    {
        foreach (ref float element in destination)
        {
            element = _random.NextSingle();
        }
    }

    private double NextNormal()
    {
        if (_waiting is double waiting)
        {
            _waiting = null;
            return waiting;
        }

        double angle = Math.Tau * _random.NextDouble();
        double radius = Math.Sqrt(-2.0 * Math.Log(1.0 - _random.NextDouble()));
        _waiting = radius * Math.Sin(angle);
        return radius * Math.Cos(angle);
    }
}
