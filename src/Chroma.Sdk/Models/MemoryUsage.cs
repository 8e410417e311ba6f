using Chroma.Interop;

namespace Chroma.Models;

/// <summary>The bytes that a model holds, or would need for one call.</summary>
/// <param name="WeightBytes">Weights in the model's own memory.</param>
/// <param name="MappedBytes">Weights read straight from the mapped file: page cache, which the system takes back at need. Not counted in the others.</param>
/// <param name="ComputeBytes">Scratch memory: planned by Plan, or held now.</param>
/// <param name="PeakBytes">The largest sum of weights and scratch memory so far.</param>
public sealed record MemoryUsage(long WeightBytes, long MappedBytes, long ComputeBytes, long PeakBytes)
{
    internal static MemoryUsage From(in chroma_memory memory) =>
        new(memory.weight_bytes, memory.mapped_bytes, memory.compute_bytes, memory.peak_bytes);
}
