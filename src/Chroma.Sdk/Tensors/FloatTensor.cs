namespace Chroma.Tensors;

/// <summary>
/// A dense float32 tensor, row-major (the last axis varies fastest), as PyTorch and NumPy lay them out.
/// Images are [B, C, H, W], tokens [B, L, C], attention heads [B, H, L, D].
/// </summary>
public sealed class FloatTensor
{
    private readonly int[] _shape;
    private readonly float[] _data;

    /// <summary>Makes a tensor of zeros.</summary>
    /// <param name="shape">The length of each axis, none negative. No axes at all is a scalar.</param>
    /// <exception cref="ArgumentOutOfRangeException">An axis is negative, or the elements do not fit an array.</exception>
    public FloatTensor(params ReadOnlySpan<int> shape)
    {
        _shape = shape.ToArray();
        _data = new float[CountElements(shape)];
    }

    /// <summary>Wraps an array without copying it.</summary>
    /// <param name="data">The elements; the tensor keeps this array, so later writes show through.</param>
    /// <param name="shape">The length of each axis; their product is the length of <paramref name="data"/>.</param>
    /// <exception cref="ArgumentException">The shape does not hold as many elements as the array.</exception>
    public FloatTensor(float[] data, params ReadOnlySpan<int> shape)
    {
        ArgumentNullException.ThrowIfNull(data);
        int count = CountElements(shape);
        if (count != data.Length)
        {
            throw new ArgumentException(
                $"The shape [{string.Join(", ", shape.ToArray())}] holds {count} elements, but the array has {data.Length}.", nameof(data));
        }

        _shape = shape.ToArray();
        _data = data;
    }

    /// <summary>The length of each axis.</summary>
    public ReadOnlySpan<int> Shape => _shape;

    /// <summary>The number of axes.</summary>
    public int Rank => _shape.Length;

    /// <summary>The number of elements: the product of <see cref="Shape"/>.</summary>
    public int Length => _data.Length;

    /// <summary>The elements, row-major. Writing to it changes the tensor.</summary>
    public Span<float> Span => _data;

    /// <summary>The backing array itself, row-major, for callers that need memory rather than a span.</summary>
    public Memory<float> Memory => _data;

    /// <summary>Copies the tensor.</summary>
    public FloatTensor Clone() => new((float[])_data.Clone(), _shape);

    /// <summary>The same elements under another shape, sharing memory with this tensor.</summary>
    /// <exception cref="ArgumentException">The shape does not hold as many elements.</exception>
    public FloatTensor Reshape(params ReadOnlySpan<int> shape) => new(_data, shape);

    /// <summary>The shape in brackets, for messages: <c>[1, 16, 8, 8]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", _shape)}]";

    private static int CountElements(ReadOnlySpan<int> shape)
    {
        long count = 1;
        foreach (int length in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(length, nameof(shape));
            count *= length;
            ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Array.MaxLength, nameof(shape));
        }

        return (int)count;
    }
}
