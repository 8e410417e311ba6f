namespace Chroma.Noise;

/// <summary>
/// MT19937: Matsumoto and Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudo-random number generator",
/// ACM TOMACS 8(1), 1998, seeded as in their revision of 2002. PyTorch's CPU generator is this one.
/// </summary>
internal sealed class MersenneTwister
{
    private const int Size = 624;
    private const int Shift = 397;

    private readonly uint[] _state = new uint[Size];
    private int _next = Size;

    internal MersenneTwister(uint seed)
    {
        _state[0] = seed;
        for (uint i = 1; i < Size; i++)
        {
            uint previous = _state[i - 1];
            _state[i] = (1812433253u * (previous ^ (previous >> 30))) + i;
        }
    }

    /// <summary>The next 32 bits.</summary>
    internal uint NextUInt32()
    {
        if (_next == Size)
        {
            Advance();
        }

        uint bits = _state[_next++];
        bits ^= bits >> 11;
        bits ^= (bits << 7) & 0x9D2C5680u;
        bits ^= (bits << 15) & 0xEFC60000u;
        return bits ^ (bits >> 18);
    }

    /// <summary>A float32 of [0, 1) in steps of 2^-24, from the low 24 bits of one number, as PyTorch makes it.</summary>
    internal float NextSingle() => (NextUInt32() & 0xFFFFFFu) * (1f / (1 << 24));

    /// <summary>A float64 of [0, 1) in steps of 2^-53, from the low 53 bits of two numbers, the first being the upper half.</summary>
    internal double NextDouble()
    {
        ulong upper = NextUInt32();
        ulong bits = (upper << 32) | NextUInt32();
        return (bits & ((1UL << 53) - 1)) * (1.0 / (1UL << 53));
    }

    private void Advance()
    {
        for (int i = 0; i < Size; i++)
        {
            uint mixed = (_state[i] & 0x80000000u) | (_state[(i + 1) % Size] & 0x7FFFFFFFu);
            _state[i] = _state[(i + Shift) % Size] ^ (mixed >> 1) ^ ((mixed & 1) == 0 ? 0u : 0x9908B0DFu);
        }

        _next = 0;
    }
}
