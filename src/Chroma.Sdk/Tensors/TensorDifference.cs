using System.Globalization;

namespace Chroma.Tensors;

/// <summary>How far one array of numbers is from another, worked out in double precision.</summary>
/// <param name="Count">The number of elements.</param>
/// <param name="MaxAbsolute">The largest |actual - expected|; NaN where exactly one of the two is NaN somewhere, or infinities differ.</param>
/// <param name="MaxRelative">The largest |actual - expected| / |expected|, elements with expected = 0 left out.</param>
/// <param name="ExpectedMax">The largest |expected|.</param>
/// <param name="Cosine">The cosine of the angle between the two; 1 where both are zero.</param>
/// <param name="WorstIndex">The flat index of the element with the largest absolute difference; -1 for empty arrays.</param>
public readonly record struct TensorDifference(
    int Count, double MaxAbsolute, double MaxRelative, double ExpectedMax, double Cosine, int WorstIndex)
{
    /// <summary>The largest absolute difference over the largest expected magnitude; 0 where both are 0.</summary>
    public double RelativeOfMax => MaxAbsolute == 0 ? 0 : MaxAbsolute / ExpectedMax;

    /// <summary>Compares two arrays of the same length.</summary>
    /// <param name="actual">What was computed.</param>
    /// <param name="expected">What it should be.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static TensorDifference Between(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        if (actual.Length != expected.Length)
        {
            throw new ArgumentException($"There are {actual.Length} elements, expected {expected.Length}.", nameof(actual));
        }

        double maxAbsolute = 0, maxRelative = 0, expectedMax = 0, dot = 0, squareA = 0, squareE = 0;
        int worst = actual.Length > 0 ? 0 : -1;
        for (int i = 0; i < actual.Length; i++)
        {
            double a = actual[i], e = expected[i];
            double difference = a.Equals(e) || a == e ? 0 : Math.Abs(a - e);
            if (difference > maxAbsolute || (double.IsNaN(difference) && !double.IsNaN(maxAbsolute)))
            {
                (maxAbsolute, worst) = (difference, i);
            }

            maxRelative = e == 0 || difference == 0 ? maxRelative : Math.Max(maxRelative, difference / Math.Abs(e));
            expectedMax = Math.Max(expectedMax, Math.Abs(e));
            (dot, squareA, squareE) = (dot + (a * e), squareA + (a * a), squareE + (e * e));
        }

        double cosine = squareA == 0 && squareE == 0 ? 1 : dot / Math.Sqrt(squareA * squareE);
        return new TensorDifference(actual.Length, maxAbsolute, maxRelative, expectedMax, cosine, worst);
    }

    /// <summary>Compares two tensors of the same shape.</summary>
    /// <param name="actual">What was computed.</param>
    /// <param name="expected">What it should be.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static TensorDifference Between(FloatTensor actual, FloatTensor expected)
    {
        ArgumentNullException.ThrowIfNull(actual);
        ArgumentNullException.ThrowIfNull(expected);
        return actual.Shape.SequenceEqual(expected.Shape)
            ? Between(actual.Span, expected.Span)
            : throw new ArgumentException($"The shape is {actual}, expected {expected}.", nameof(actual));
    }

    /// <summary>Whether every element is within absolute + relative * |expected| of what is expected, as NumPy's and PyTorch's allclose have it.</summary>
    /// <param name="actual">What was computed.</param>
    /// <param name="expected">What it should be; as many elements.</param>
    /// <param name="relative">The tolerance that grows with the expected value.</param>
    /// <param name="absolute">The tolerance that does not.</param>
    /// <returns>False too where exactly one of two elements is NaN; two NaNs, and equal infinities, agree.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static bool AllClose(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, double relative, double absolute)
    {
        if (actual.Length != expected.Length)
        {
            throw new ArgumentException($"There are {actual.Length} elements, expected {expected.Length}.", nameof(actual));
        }

        for (int i = 0; i < actual.Length; i++)
        {
            double a = actual[i], e = expected[i];
            bool same = a.Equals(e) || a == e;
            if (!same && !(double.IsFinite(e) && Math.Abs(a - e) <= absolute + (relative * Math.Abs(e))))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The figures in one line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"max abs {MaxAbsolute:g4}, max rel {MaxRelative:g4}, of max {RelativeOfMax:g4}, cosine {Cosine:f9}, worst at {WorstIndex} of {Count}");
}
