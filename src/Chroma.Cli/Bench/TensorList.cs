using Chroma.Models;

namespace Chroma.Cli.Bench;

/// <summary>
/// Collects the random tensors of a network. Matrices have a deviation of one over the root of their inputs, so that what goes in with variance
/// 1 comes out with it, and values stay sane through any depth.
/// </summary>
internal sealed class TensorList
{
    private const float BiasDeviation = 0.02f;

    private readonly List<RandomTensor> _tensors = [];

    public IReadOnlyList<RandomTensor> Tensors => _tensors;

    /// <summary>A linear layer: <c>name.weight</c> [output, input] and, unless told otherwise, <c>name.bias</c>.</summary>
    public void AddLinear(string name, WeightType type, long input, long output, bool bias = true, float gain = 1)
    {
        _tensors.Add(new RandomTensor($"{name}.weight", type, [output, input], 0, gain / MathF.Sqrt(input)));
        if (bias)
        {
            _tensors.Add(new RandomTensor($"{name}.bias", WeightType.F32, [output], 0, BiasDeviation));
        }
    }

    /// <summary>A convolution: <c>name.weight</c> [output, input, kernel, kernel] and <c>name.bias</c>.</summary>
    public void AddConvolution(string name, WeightType type, long input, long output, long kernel)
    {
        _tensors.Add(new RandomTensor($"{name}.weight", type, [output, input, kernel, kernel], 0, 1 / MathF.Sqrt(input * kernel * kernel)));
        _tensors.Add(new RandomTensor($"{name}.bias", WeightType.F32, [output], 0, BiasDeviation));
    }

    /// <summary>The scale of a norm, all ones.</summary>
    public void AddScale(string name, long length) => _tensors.Add(new RandomTensor(name, WeightType.F32, [length], 1, 0));

    /// <summary>Scale and shift of a group norm, ones and zeros.</summary>
    public void AddGroupNorm(string name, long channels)
    {
        AddScale($"{name}.weight", channels);
        _tensors.Add(new RandomTensor($"{name}.bias", WeightType.F32, [channels], 0, 0));
    }

    /// <summary>A table that is looked up by row, of variance 1.</summary>
    public void AddTable(string name, WeightType type, long rows, long columns) => _tensors.Add(new RandomTensor(name, type, [rows, columns], 0, 1));
}
