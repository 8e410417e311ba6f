using Chroma.Interop;

namespace Chroma.Models;

/// <summary>
/// Step caching: while a picture is sampled, evaluations of the transformer are left out, but for the first block and the last layer, where what
/// the blocks in between would add can be predicted from the evaluations before. One cache serves one sampling run: give it to every evaluation
/// of that run, in order, by <see cref="RunOptions.StepCache"/>.
/// </summary>
/// <remarks>
/// How much the first block's part has changed decides (First Block Cache of ParaAttention, 2024; TeaCache, Liu et al. 2024); the prediction goes
/// on along the line through the last two computed evaluations (TaylorSeer, Liu et al. 2025, at order 1).
/// </remarks>
public sealed unsafe class StepCache : IDisposable
{
    private readonly StepCacheHandle _handle;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="threshold">
    /// Above 0: how much what the first block adds may have changed since the last computed evaluation, relative to its mean magnitude. Larger
    /// leaves out more; docs/performance.md has what it costs.
    /// </param>
    /// <param name="mostInRow">How many evaluations may be left out one after another; 0 for any number.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of range.</exception>
    public StepCache(float threshold, int mostInRow = 0)
    {
        if (!(threshold > 0) || !float.IsFinite(threshold))
        {
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "The threshold must be above 0 and finite.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(mostInRow);
        chroma_step_cache_options options = new()
        {
            struct_size = (uint)sizeof(chroma_step_cache_options),
            threshold = threshold,
            most_in_row = mostInRow,
        };
        chroma_step_cache* cache;
        ChromaNative.chroma_step_cache_create(&options, &cache).ThrowIfFailed();
        _handle = new StepCacheHandle(cache);
    }

    /// <summary>Evaluations so far, those of each sample counted by themselves.</summary>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public long Evaluations => Info.evaluations;

    /// <summary>How many of these were predicted.</summary>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public long Predicted => Info.predicted;

    /// <summary>What was last compared with the threshold; infinity where there was nothing to compare.</summary>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public float LastChange => Info.last_change;

    /// <summary>Bytes that the cache holds.</summary>
    /// <exception cref="ObjectDisposedException">The cache is disposed.</exception>
    public long Bytes => Info.bytes;

    private chroma_step_cache_info Info
    {
        get
        {
            using ChromaSafeHandle.Lease lease = Use();
            chroma_step_cache_info info = new() { struct_size = (uint)sizeof(chroma_step_cache_info) };
            ChromaNative.chroma_step_cache_get_info((chroma_step_cache*)lease.Address, &info).ThrowIfFailed();
            return info;
        }
    }

    /// <summary>Gives the memory back, once no run uses it.</summary>
    public void Dispose() => _handle.Dispose();

    internal ChromaSafeHandle.Lease Use()
    {
        ObjectDisposedException.ThrowIf(_handle.IsDisposed, this);
        return _handle.Use();
    }
}
