using System.Globalization;
using System.Numerics.Tensors;
using Chroma.Tensors;
using Xunit;

namespace Chroma.Layers.Tests.Precision;

/// <summary>How far what blocks give is from the exact, as 1 - cosine; of a block that was seen several times the worst.</summary>
internal sealed class BlockErrors(string title)
{
    private readonly OrderedDictionary<string, double> _errors = new(StringComparer.Ordinal);

    /// <summary>Adds an output of a block.</summary>
    public void Add(string block, FloatTensor actual, FloatTensor expected)
    {
        double error = 1 - TensorDifference.Between(actual, expected).Cosine;
        _errors[block] = double.IsNaN(error) ? double.PositiveInfinity : Math.Max(error, _errors.GetValueOrDefault(block));
    }

    /// <summary>Adds what a block adds to its input. That is often small beside the input, and then an error in it shows little in the output.</summary>
    public void AddChange(string block, FloatTensor actual, FloatTensor expected, FloatTensor input) => Add(block, Change(actual, input), Change(expected, input));

    /// <summary>Asserts that no block has a larger error.</summary>
    public void AssertAtMost(double limit) => Assert.True(_errors.Count > 0 && _errors.Values.Max() <= limit, $"Allowed is {limit:g2}, but there is {this}");

    /// <summary>The worst block, then all.</summary>
    public override string ToString()
    {
        string Text(KeyValuePair<string, double> entry) => string.Create(CultureInfo.InvariantCulture, $"{entry.Key} {entry.Value:0.0e+0}");
        return $"{title}: {Text(_errors.MaxBy(entry => entry.Value))} ({string.Join(", ", _errors.Select(Text))})";
    }

    private static FloatTensor Change(FloatTensor output, FloatTensor input)
    {
        FloatTensor change = new(output.Shape);
        TensorPrimitives.Subtract(output.Span, input.Span, change.Span);
        return change;
    }
}
