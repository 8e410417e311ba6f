namespace Chroma.Sampling;

/// <summary>A sampler under the name and with the options by which a catalog was asked for it, where it calls itself otherwise: <c>ddim</c> is Euler's method.</summary>
internal sealed class NamedSampler(string name, IReadOnlyDictionary<string, string> options, ISampler inner) : ISampler
{
    public string Name => name;

    public IReadOnlyDictionary<string, string> Options => options;

    /// <summary>The sampler itself.</summary>
    public ISampler Inner => inner;

    public void Sample(SamplerRun run) => inner.Sample(run);
}
