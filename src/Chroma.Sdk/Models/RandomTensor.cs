namespace Chroma.Models;

/// <summary>One tensor of a checkpoint that <see cref="WeightsFile.CreateRandom"/> makes: normally distributed values.</summary>
/// <param name="Name">A name that a checkpoint may use for it, such as <c>img_in.weight</c>.</param>
/// <param name="Type">F32, F16, BF16, or a quantised type whose blocks fill the rows.</param>
/// <param name="Shape">The length of each of 1 to 4 axes, in PyTorch's order.</param>
/// <param name="Mean">The mean of the values.</param>
/// <param name="Deviation">Their standard deviation, at least 0; at 0 all are the mean.</param>
public sealed record RandomTensor(string Name, WeightType Type, IReadOnlyList<long> Shape, float Mean, float Deviation)
{
    /// <summary>The number of elements: the product of the shape.</summary>
    public long ElementCount => Shape.Aggregate(1L, (count, length) => count * length);
}
