namespace Chroma.Noise;

/// <summary>The noise generators of this library by name: <c>torch</c> (the default everywhere) and <c>philox</c>.</summary>
public static class NoiseGenerators
{
    /// <summary>The names, the default first.</summary>
    public static IReadOnlyList<string> Names { get; } = ["torch", "philox"];

    /// <summary>Starts a stream.</summary>
    /// <param name="name">The generator's name; case does not matter.</param>
    /// <param name="seed">The seed.</param>
    /// <exception cref="ArgumentException">There is no generator of this name; the message lists those there are.</exception>
    public static INoiseGenerator Create(string name, long seed)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Equals("torch", StringComparison.OrdinalIgnoreCase))
        {
            return new TorchNoise(seed);
        }

        return name.Equals("philox", StringComparison.OrdinalIgnoreCase)
            ? new PhiloxNoise(seed)
            : throw new ArgumentException($"There is no noise generator '{name}'; the generators are {string.Join(", ", Names)}.");
    }
}
