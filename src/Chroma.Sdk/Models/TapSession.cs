using System.Diagnostics.CodeAnalysis;
using Chroma.Tensors;

namespace Chroma.Models;

/// <summary>
/// A look into a model: while it is open, the outputs of the layers that it asked for are kept here by the names of their PyTorch modules, in
/// the order in which they were first computed. A later run replaces what an earlier one left. Thread-safe.
/// </summary>
/// <example>
/// <code>
/// using TapSession taps = transformer.Tap("double_blocks.*.img", "final_layer");
/// transformer.Forward(latent, [0.5f], context);
/// FloatTensor image = taps["double_blocks.0.img"];
/// taps.Save("dump.safetensors");
/// </code>
/// </example>
public sealed class TapSession : IDisposable
{
    private readonly Lock _gate = new();
    private readonly OrderedDictionary<string, FloatTensor> _tensors = new(StringComparer.Ordinal);
    private readonly TapRegistry _registry;
    private readonly LayerTap _tap;
    private readonly Action<string, FloatTensor>? _listener;
    private bool _closed;

    internal TapSession(TapRegistry registry, string[] patterns, Action<string, FloatTensor>? listener)
    {
        if (patterns.Length == 0 || patterns.Any(string.IsNullOrEmpty))
        {
            throw new ArgumentException("A tap needs patterns of layer names, such as \"double_blocks.*\", and none of them empty.", nameof(patterns));
        }

        _registry = registry;
        _listener = listener;
        _tap = new LayerTap(patterns, Receive);
        registry.Add(_tap);
    }

    /// <summary>The patterns that the session was opened with.</summary>
    public IReadOnlyList<string> Patterns => _tap.Patterns;

    /// <summary>The number of outputs collected.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _tensors.Count;
            }
        }
    }

    /// <summary>The names of the layers collected so far, in the order in which they were first computed.</summary>
    public IReadOnlyList<string> Names => [.. Tensors.Select(entry => entry.Key)];

    /// <summary>Everything collected so far, in the order in which it was first computed.</summary>
    public IReadOnlyList<KeyValuePair<string, FloatTensor>> Tensors
    {
        get
        {
            lock (_gate)
            {
                return [.. _tensors];
            }
        }
    }

    /// <summary>The output of one layer, from the latest run.</summary>
    /// <param name="name">The layer's name.</param>
    /// <exception cref="KeyNotFoundException">Nothing was collected under this name.</exception>
    public FloatTensor this[string name] => TryGet(name, out FloatTensor? tensor)
        ? tensor
        : throw new KeyNotFoundException($"No run gave '{name}' to this tap, which listens to {string.Join(", ", Patterns)}.");

    /// <summary>Gets the output of one layer, from the latest run.</summary>
    /// <param name="name">The layer's name.</param>
    /// <param name="tensor">The output, where there is one.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryGet(string name, [NotNullWhen(true)] out FloatTensor? tensor)
    {
        lock (_gate)
        {
            return _tensors.TryGetValue(name, out tensor);
        }
    }

    /// <summary>Forgets what was collected.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _tensors.Clear();
        }
    }

    /// <summary>Writes everything collected as a safetensors file whose keys are the names of the modules.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="SafetensorsException">The file cannot be written. Nothing half-written stays behind.</exception>
    public void Save(string path) => SafetensorsWriter.Save(path, Tensors);

    /// <summary>Stops collecting. What was collected stays.</summary>
    public void Dispose()
    {
        Volatile.Write(ref _closed, true);
        _registry.Remove(_tap);
    }

    private void Receive(string name, FloatTensor tensor)
    {
        if (Volatile.Read(ref _closed))
        {
            return;
        }

        if (_listener is not null)
        {
            _listener(name, tensor);
            return;
        }

        lock (_gate)
        {
            _tensors[name] = tensor;
        }
    }
}
