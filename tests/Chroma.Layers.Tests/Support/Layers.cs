using Chroma.Models;
using Chroma.Tensors;

namespace Chroma.Layers.Tests;

/// <summary>The outputs of the layers that one run shows, by name.</summary>
internal sealed class Layers
{
    private readonly Dictionary<string, FloatTensor> _tensors = new(StringComparer.Ordinal);

    /// <summary>Asks for layers by the globs of their names.</summary>
    public Layers(params string[] patterns) => Options = new RunOptions { Taps = [new LayerTap(patterns, Show)] };

    /// <summary>What the run must be given.</summary>
    public RunOptions Options { get; }

    public IReadOnlyCollection<string> Names => _tensors.Keys;

    public FloatTensor this[string name] => _tensors.TryGetValue(name, out FloatTensor? tensor)
        ? tensor
        : throw new KeyNotFoundException($"The run showed no layer '{name}', only {string.Join(", ", _tensors.Keys)}.");

    /// <summary>Takes a layer out.</summary>
    public FloatTensor Remove(string name)
    {
        FloatTensor tensor = this[name];
        _tensors.Remove(name);
        return tensor;
    }

    private void Show(string name, FloatTensor tensor) => _tensors.Add(name, tensor);
}
