using Chroma.Interop;

namespace Chroma.Models;

/// <summary>What a checkpoint says about one tensor.</summary>
/// <param name="Name">The name as the file has it.</param>
/// <param name="CanonicalName">The name in the original checkpoint; equal to <paramref name="Name"/> where no other is known.</param>
/// <param name="Type">How the elements are stored.</param>
/// <param name="StoredType">The file's own word for that, such as <c>F8_E4M3</c> or <c>IQ4_XS</c>.</param>
/// <param name="Shape">The length of each axis in PyTorch's order; none for a scalar.</param>
/// <param name="Bytes">The bytes that it takes in the file.</param>
public sealed record WeightsTensor(string Name, string CanonicalName, WeightType Type, string StoredType, IReadOnlyList<long> Shape, long Bytes)
{
    /// <summary>The number of elements: the product of the shape.</summary>
    public long ElementCount => Shape.Aggregate(1L, (count, length) => count * length);

    /// <summary>The shape in brackets, for messages: <c>[3072, 64]</c>.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";

    /// <summary>Whether these are the scales of another tensor, float8 or int8 rows, and no parameters of the model.</summary>
    public bool IsScale { get; init; }

    /// <summary>The part of a model that it belongs to by its name; <see cref="ModelArchitecture.Unknown"/> for a name that is of none.</summary>
    public ModelArchitecture Part { get; init; }

    internal long Index { get; init; }

    internal static unsafe WeightsTensor From(in chroma_weights_tensor tensor, long index)
    {
        long[] shape = new long[tensor.rank];
        for (int axis = 0; axis < shape.Length; axis++)
        {
            shape[axis] = tensor.shape[axis];
        }

        return new WeightsTensor(
            NativeText.FromUtf8(tensor.name),
            NativeText.FromUtf8(tensor.canonical_name),
            (WeightType)tensor.type,
            NativeText.FromUtf8(tensor.stored_type),
            shape,
            tensor.bytes)
        {
            IsScale = tensor.is_scale != 0,
            Part = (ModelArchitecture)tensor.component,
            Index = index,
        };
    }
}
