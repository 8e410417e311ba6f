using Chroma.Models;
using Chroma.Tensors;

namespace Chroma.Layers.Tests;

/// <summary>Small ways to make and cut tensors, so that tests show what they are about.</summary>
internal static class Named
{
    /// <summary>Inputs of a module or function by name.</summary>
    public static Dictionary<string, FloatTensor> Tensors(params (string Name, FloatTensor Tensor)[] tensors) =>
        tensors.ToDictionary(entry => entry.Name, entry => entry.Tensor, StringComparer.Ordinal);

    /// <summary>A tensor [n].</summary>
    public static FloatTensor Vector(params float[] values) => new(values, values.Length);

    /// <summary>Tokens of one sample, [1, L, C], a row each.</summary>
    public static FloatTensor Tokens(params float[][] rows) => new([.. rows.SelectMany(row => row)], 1, rows.Length, rows[0].Length);

    /// <summary>Runs a module that has one output.</summary>
    public static FloatTensor Run(this Transformer transformer, string module, params (string Name, FloatTensor Tensor)[] inputs) =>
        transformer.RunModule(module, Tensors(inputs)).Values.Single();

    /// <summary>Part of an axis: elements first .. first + count of it, everything of the others.</summary>
    public static FloatTensor Slice(this FloatTensor tensor, int axis, int first, int count) =>
        tensor.Take(axis, [.. Enumerable.Range(first, count)]);

    /// <summary>The given elements of an axis, everything of the others.</summary>
    public static FloatTensor Take(this FloatTensor tensor, int axis, int[] indices)
    {
        int[] shape = tensor.Shape.ToArray();
        int inner = shape[(axis + 1)..].Aggregate(1, (product, length) => product * length);
        int outer = shape[..axis].Aggregate(1, (product, length) => product * length);
        int axisLength = shape[axis];
        shape[axis] = indices.Length;
        FloatTensor result = new(shape);
        for (int o = 0; o < outer; o++)
        {
            for (int i = 0; i < indices.Length; i++)
            {
                tensor.Span.Slice(((o * axisLength) + indices[i]) * inner, inner).CopyTo(result.Span.Slice(((o * indices.Length) + i) * inner, inner));
            }
        }

        return result;
    }

    /// <summary>Tensors of equal shape but for one axis, one after the other along it.</summary>
    public static FloatTensor Concat(int axis, params FloatTensor[] parts)
    {
        int[] shape = parts[0].Shape.ToArray();
        int inner = shape[(axis + 1)..].Aggregate(1, (product, length) => product * length);
        int outer = shape[..axis].Aggregate(1, (product, length) => product * length);
        shape[axis] = parts.Sum(part => part.Shape[axis]);
        FloatTensor result = new(shape);
        int at = 0;
        for (int o = 0; o < outer; o++)
        {
            foreach (FloatTensor part in parts)
            {
                int length = part.Shape[axis] * inner;
                part.Span.Slice(o * length, length).CopyTo(result.Span[at..]);
                at += length;
            }
        }

        return result;
    }

    /// <summary>The numbers of the true elements of a row.</summary>
    public static int[] Indices(this bool[,] mask, int row, bool value = true) =>
        [.. Enumerable.Range(0, mask.GetLength(1)).Where(column => mask[row, column] == value)];

    /// <summary>A tensor [B, T] of zeros and ones as a mask.</summary>
    public static bool[,] ToMask(this FloatTensor tensor)
    {
        bool[,] mask = new bool[tensor.Shape[0], tensor.Shape[1]];
        for (int i = 0; i < tensor.Length; i++)
        {
            mask[i / tensor.Shape[1], i % tensor.Shape[1]] = tensor.Span[i] != 0;
        }

        return mask;
    }

    /// <summary>A tensor [B, T] of whole numbers as token ids.</summary>
    public static int[,] ToIds(this FloatTensor tensor)
    {
        int[,] ids = new int[tensor.Shape[0], tensor.Shape[1]];
        for (int i = 0; i < tensor.Length; i++)
        {
            ids[i / tensor.Shape[1], i % tensor.Shape[1]] = (int)tensor.Span[i];
        }

        return ids;
    }
}
