using Chroma.Tensors;

namespace Chroma.Cli.Commands.Shared;

/// <summary>The tensors that a verb takes from a safetensors file, in the types that the networks take.</summary>
internal sealed class TensorInputs : IDisposable
{
    private readonly SafetensorsFile _file;

    public TensorInputs(string path) => _file = SafetensorsFile.Open(path);

    public FloatTensor Floats(string name) => _file.ReadFloats(name);

    /// <summary>Token ids, [B, T].</summary>
    public int[,] Ids(string name)
    {
        int[] flat = _file.ReadInt32(name);
        int[,] ids = new int[RequireMatrix(name, out int columns), columns];
        Buffer.BlockCopy(flat, 0, ids, 0, flat.Length * sizeof(int));
        return ids;
    }

    /// <summary>A mask, [B, T], of any element type; anything but 0 is true. Null where the file has none.</summary>
    public bool[,]? Mask(string name)
    {
        if (!_file.Contains(name))
        {
            return null;
        }

        ReadOnlySpan<float> flat = _file.ReadFloats(name).Span;
        bool[,] mask = new bool[RequireMatrix(name, out int columns), columns];
        for (int i = 0; i < flat.Length; i++)
        {
            mask[i / columns, i % columns] = flat[i] != 0;
        }

        return mask;
    }

    public void Dispose() => _file.Dispose();

    private int RequireMatrix(string name, out int columns)
    {
        SafetensorsTensor tensor = _file.Find(name);
        if (tensor.Shape.Count != 2)
        {
            throw new SafetensorsException($"'{_file.Path}': tensor '{name}' must be [B, T], but is {tensor.ShapeText}.");
        }

        columns = (int)tensor.Shape[1];
        return (int)tensor.Shape[0];
    }
}
