using System.Globalization;
using Chroma.Tensors;
using Xunit;

namespace Chroma.Testing;

/// <summary>Assertions that two arrays of numbers agree, whose messages say by how much they do not.</summary>
public static class Agree
{
    /// <summary>Asserts that no element is farther than <paramref name="tolerance"/> from what is expected.</summary>
    /// <param name="actual">What was computed.</param>
    /// <param name="expected">What it should be.</param>
    /// <param name="tolerance">The largest absolute difference allowed.</param>
    /// <param name="name">What is compared, for the message.</param>
    public static void WithinAbsolute(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, double tolerance, string name)
    {
        TensorDifference difference = Compare(actual, expected, name);
        Check(difference.MaxAbsolute <= tolerance, actual, expected, difference, $"absolute {Text(tolerance)}", name);
    }

    /// <summary>Asserts that shapes are equal and no element is farther than <paramref name="tolerance"/> from what is expected.</summary>
    /// <inheritdoc cref="WithinAbsolute(ReadOnlySpan{float}, ReadOnlySpan{float}, double, string)"/>
    public static void WithinAbsolute(FloatTensor actual, FloatTensor expected, double tolerance, string name)
    {
        SameShape(actual, expected, name);
        WithinAbsolute(actual.Span, expected.Span, tolerance, name);
    }

    /// <summary>
    /// Asserts that no element is farther from what is expected than <paramref name="tolerance"/> times the largest expected magnitude.
    /// </summary>
    /// <param name="actual">What was computed.</param>
    /// <param name="expected">What it should be.</param>
    /// <param name="tolerance">The largest difference allowed, as a fraction of the largest |expected|.</param>
    /// <param name="name">What is compared, for the message.</param>
    public static void RelativeOfMax(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, double tolerance, string name)
    {
        TensorDifference difference = Compare(actual, expected, name);
        Check(difference.RelativeOfMax <= tolerance, actual, expected, difference, $"{Text(tolerance)} of the maximum", name);
    }

    /// <summary>
    /// Asserts that shapes are equal and no element is farther from what is expected than <paramref name="tolerance"/> times the
    /// largest expected magnitude.
    /// </summary>
    /// <inheritdoc cref="RelativeOfMax(ReadOnlySpan{float}, ReadOnlySpan{float}, double, string)"/>
    public static void RelativeOfMax(FloatTensor actual, FloatTensor expected, double tolerance, string name)
    {
        SameShape(actual, expected, name);
        RelativeOfMax(actual.Span, expected.Span, tolerance, name);
    }

    private static void SameShape(FloatTensor actual, FloatTensor expected, string name) =>
        Assert.True(actual.Shape.SequenceEqual(expected.Shape), $"{name}: the shape is {actual}, expected {expected}.");

    private static TensorDifference Compare(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, string name)
    {
        Assert.True(actual.Length == expected.Length, $"{name}: there are {actual.Length} elements, expected {expected.Length}.");
        return TensorDifference.Between(actual, expected);
    }

    private static void Check(
        bool agrees, ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, TensorDifference difference, string allowed, string name)
    {
        if (!agrees)
        {
            int worst = difference.WorstIndex;
            Assert.Fail($"{name}: {difference} (is {Text(actual[worst])}, expected {Text(expected[worst])}); allowed is {allowed}.");
        }
    }

    private static string Text(double value) => value.ToString("g9", CultureInfo.InvariantCulture);
}
