namespace Chroma.Cli.Bench;

/// <summary>
/// The floating-point operations that a result needs, a multiplication and an addition counting as two. Only products count, and only those of
/// tokens that exist: padding is no useful work. Norms, activations and rotations are left out; they are below a percent.
/// </summary>
/// <param name="Linear">Of linear layers.</param>
/// <param name="Attention">Of scores and weighted values.</param>
/// <param name="Convolution">Of convolutions.</param>
internal readonly record struct Work(double Linear, double Attention, double Convolution)
{
    public double Total => Linear + Attention + Convolution;
}
