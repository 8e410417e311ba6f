namespace Chroma.Noise;

/// <summary>The noise generators of this library by name: <c>torch</c> (the default everywhere) and <c>philox</c>.</summary>
public static class NoiseGenerators
{
    /// <summary>The names, the default first.</summary>
    public static IReadOnlyList<string> Names { get; } = ["torch", "philox"];

    /// <summary>PyTorch's noise on the CPU; see <see cref="TorchNoise"/>.</summary>
    public static NoiseFactory Torch { get; } = static seed => new TorchNoise(unchecked((long)seed));

    /// <summary>Counter-based noise; see <see cref="PhiloxNoise"/>.</summary>
    public static NoiseFactory Philox { get; } = static seed => new PhiloxNoise(unchecked((long)seed));

    /// <summary>Finds a generator.</summary>
    /// <param name="name">The generator's name; case does not matter.</param>
    /// <exception cref="ArgumentException">There is no generator of this name; the message lists those there are.</exception>
    public static NoiseFactory Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Equals("torch", StringComparison.OrdinalIgnoreCase))
        {
            return Torch;
        }

        return name.Equals("philox", StringComparison.OrdinalIgnoreCase)
            ? Philox
            : throw new ArgumentException($"There is no noise generator '{name}'; the generators are {string.Join(", ", Names)}.");
    }

    /// <summary>Starts a stream.</summary>
    /// <param name="name">The generator's name; case does not matter.</param>
    /// <param name="seed">The seed; the unsigned seed of the same bits is the same.</param>
    /// <exception cref="ArgumentException">There is no generator of this name; the message lists those there are.</exception>
    public static INoiseGenerator Create(string name, long seed) => Get(name)(unchecked((ulong)seed));
}
