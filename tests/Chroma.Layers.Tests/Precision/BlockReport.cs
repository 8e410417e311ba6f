namespace Chroma.Layers.Tests.Precision;

/// <summary>The errors of one network in one arithmetic.</summary>
/// <param name="name">The network.</param>
internal sealed class BlockReport(string name)
{
    /// <summary>The output of each block that was given what the exact one was given.</summary>
    public BlockErrors Alone { get; } = new($"{name}, alone");

    /// <summary>What those blocks added to their inputs.</summary>
    public BlockErrors Change { get; } = new($"{name}, change");

    /// <summary>The output of each block behind the others, whose errors it was given, and of the network without taps.</summary>
    public BlockErrors Together { get; } = new($"{name}, together");
}
