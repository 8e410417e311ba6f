using System.Buffers;
using System.Runtime.InteropServices;
using Chroma.Interop;
using Chroma.Tensors;

namespace Chroma.Models;

/// <summary>Named tensors as the C ABI takes them: pinned, with their names in UTF-8, until disposed.</summary>
internal sealed unsafe class NativeTensors : IDisposable
{
    private readonly List<MemoryHandle> _pins = [];
    private readonly NativeTextArray _names;
    private readonly chroma_tensor[] _tensors;

    public NativeTensors(IReadOnlyDictionary<string, FloatTensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        foreach ((string name, FloatTensor tensor) in inputs)
        {
            if (tensor is null || tensor.Rank > ChromaNative.CHROMA_MAX_RANK)
            {
                throw new ArgumentException(
                    $"The input '{name}' must be a tensor of at most {ChromaNative.CHROMA_MAX_RANK} axes, but is {tensor?.ToString() ?? "null"}.", nameof(inputs));
            }
        }

        _names = new NativeTextArray([.. inputs.Keys], nameof(inputs));
        _tensors = new chroma_tensor[inputs.Count];
        int i = 0;
        foreach (FloatTensor tensor in inputs.Values)
        {
            ref chroma_tensor native = ref _tensors[i];
            MemoryHandle pin = tensor.Memory.Pin();
            _pins.Add(pin);
            native.name = _names.Pointer[i++];
            native.data = (float*)pin.Pointer;
            native.rank = tensor.Rank;
            for (int axis = 0; axis < tensor.Rank; axis++)
            {
                native.shape[axis] = tensor.Shape[axis];
            }
        }
    }

    public ReadOnlySpan<chroma_tensor> Span => _tensors;

    /// <summary>Copies a tensor that a callback got.</summary>
    public static FloatTensor Copy(chroma_tensor* tensor)
    {
        int[] shape = new int[tensor->rank];
        for (int axis = 0; axis < shape.Length; axis++)
        {
            shape[axis] = checked((int)tensor->shape[axis]);
        }

        FloatTensor copy = new(shape);
        new ReadOnlySpan<float>(tensor->data, copy.Length).CopyTo(copy.Span);
        return copy;
    }

    public void Dispose()
    {
        foreach (MemoryHandle pin in _pins)
        {
            pin.Dispose();
        }

        _pins.Clear();
        _names.Dispose();
    }
}
