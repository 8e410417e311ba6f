namespace Chroma.Models;

/// <summary>The open tap sessions of one model.</summary>
internal sealed class TapRegistry
{
    private readonly Lock _gate = new();
    private LayerTap[] _taps = []; // replaced, never changed, so that a run keeps those it began with

    public void Add(LayerTap tap)
    {
        lock (_gate)
        {
            _taps = [.. _taps, tap];
        }
    }

    public void Remove(LayerTap tap)
    {
        lock (_gate)
        {
            _taps = Array.FindAll(_taps, other => !ReferenceEquals(other, tap));
        }
    }

    /// <summary>The open sessions and those of one run.</summary>
    public IReadOnlyList<LayerTap> With(IReadOnlyList<LayerTap> more)
    {
        LayerTap[] open = Volatile.Read(ref _taps);
        return more.Count == 0 ? open : [.. open, .. more];
    }
}
