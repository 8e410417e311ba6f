namespace Chroma.Noise;

/// <summary>
/// Philox4x32 with ten rounds: a function from a counter and a key to 128 random bits, without any state. Salmon, Moraes, Dror and Shaw,
/// "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
/// </summary>
internal static class Philox
{
    private const int Rounds = 10;

    /// <summary>The random bits of one counter.</summary>
    /// <param name="c0">Bits 0 to 31 of the counter.</param>
    /// <param name="c1">Bits 32 to 63 of the counter.</param>
    /// <param name="c2">Bits 64 to 95 of the counter.</param>
    /// <param name="c3">Bits 96 to 127 of the counter.</param>
    /// <param name="key">The key, such as a seed.</param>
    internal static (uint R0, uint R1, uint R2, uint R3) Bits(uint c0, uint c1, uint c2, uint c3, ulong key)
    {
        uint k0 = (uint)key;
        uint k1 = (uint)(key >> 32);
        for (int round = 0; round < Rounds; round++)
        {
            ulong a = 0xD2511F53UL * c0;
            ulong b = 0xCD9E8D57UL * c2;
            (c0, c1, c2, c3) = ((uint)(b >> 32) ^ c1 ^ k0, (uint)b, (uint)(a >> 32) ^ c3 ^ k1, (uint)a);
            unchecked
            {
                k0 += 0x9E3779B9u;
                k1 += 0xBB67AE85u;
            }
        }

        return (c0, c1, c2, c3);
    }
}
