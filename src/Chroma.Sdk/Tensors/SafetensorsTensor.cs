namespace Chroma.Tensors;

/// <summary>What the header of a safetensors file says about one tensor.</summary>
/// <param name="Name">The name, such as <c>img_in.weight</c>.</param>
/// <param name="Type">The type of the elements in the file.</param>
/// <param name="Shape">The length of each axis, row-major; none for a scalar.</param>
/// <param name="Offset">Where the tensor starts, in bytes from the start of the file.</param>
/// <param name="ByteLength">The size of the tensor in bytes: the product of the shape times the size of an element.</param>
public sealed record SafetensorsTensor(string Name, SafetensorsType Type, IReadOnlyList<long> Shape, long Offset, long ByteLength)
{
    /// <summary>The number of elements: the product of the shape.</summary>
    public long ElementCount => ByteLength / Type.ElementSize();

    /// <summary>The shape in brackets, for messages: <c>[1, 16, 8, 8]</c>.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}
