namespace Chroma.Sampling;

/// <summary>The last few vectors of a multistep sampler, newest first. Buffers are reused in a circle.</summary>
internal sealed class History
{
    private readonly float[][] _buffers;
    private int _newest = -1;

    /// <summary>Makes room for <paramref name="capacity"/> vectors of <paramref name="length"/> elements.</summary>
    public History(int capacity, int length)
    {
        _buffers = new float[capacity][];
        for (int i = 0; i < capacity; i++)
        {
            _buffers[i] = new float[length];
        }
    }

    /// <summary>How many vectors are held.</summary>
    public int Count { get; private set; }

    /// <summary>The vector pushed <paramref name="age"/> pushes ago; 0 is the newest.</summary>
    public float[] this[int age]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(age, Count);
            return _buffers[(_newest + _buffers.Length - age) % _buffers.Length];
        }
    }

    /// <summary>Makes a place for a new vector and returns it to be written; the oldest is forgotten when all are in use.</summary>
    public float[] Push()
    {
        _newest = (_newest + 1) % _buffers.Length;
        Count = Math.Min(Count + 1, _buffers.Length);
        return _buffers[_newest];
    }
}
