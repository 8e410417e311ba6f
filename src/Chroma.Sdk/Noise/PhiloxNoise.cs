namespace Chroma.Noise;

/// <summary>
/// Counter-based noise: each number is a function of the seed, of which draw it is and of its place in the draw, so that any part can be
/// made alone, in any order. The first draws are those that PyTorch's CUDA generator makes as long as each of its threads makes one
/// number (see AUTOMATIC1111's stable-diffusion-webui, <c>modules/rng_philox.py</c>, whose "NV" noise this is). All 64 bits of the seed count.
/// </summary>
public sealed class PhiloxNoise : INoiseGenerator
{
    private readonly ulong _seed;
    private uint _draw;

    /// <summary>Starts the stream of a seed.</summary>
    /// <param name="seed">The seed.</param>
    public PhiloxNoise(long seed) => _seed = unchecked((ulong)seed);

    /// <inheritdoc/>
    public string Name => "philox";

    /// <inheritdoc/>
    public void Fill(Span<float> destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = At(_seed, _draw, (uint)i);
        }

        unchecked
        {
            _draw++;
        }
    }

    /// <summary>One number, whatever was drawn before.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="draw">Which draw, from 0.</param>
    /// <param name="index">Which element of it, row-major from 0.</param>
    public static float At(long seed, uint draw, uint index) => At(unchecked((ulong)seed), draw, index);

    private static float At(ulong seed, uint draw, uint index)
    {
        // Box-Muller on the middle of each of the 2^32 intervals, so that the logarithm never sees zero.
        const double interval = 1.0 / (1UL << 32);
        (uint radius, uint angle, _, _) = Philox.Bits(draw, 0, index, 0, seed);
        return (float)(Math.Sqrt(-2.0 * Math.Log((radius + 0.5) * interval)) * Math.Sin((angle + 0.5) * interval * Math.Tau));
    }
}
