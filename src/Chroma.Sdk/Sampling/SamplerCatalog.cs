using System.Collections.Immutable;

namespace Chroma.Sampling;

/// <summary>Makes a sampler from its options.</summary>
/// <param name="options">The options; ask for each one that the sampler has.</param>
public delegate ISampler SamplerFactory(SamplerOptions options);

/// <summary>
/// Samplers by name, without regard to case. A catalog never changes: <see cref="With"/> gives a new one, so catalogs
/// can be shared between threads. <see cref="Samplers.BuiltIn"/> is where to start.
/// </summary>
public sealed class SamplerCatalog
{
    private readonly ImmutableSortedDictionary<string, SamplerFactory> _factories;

    private SamplerCatalog(ImmutableSortedDictionary<string, SamplerFactory> factories) => _factories = factories;

    /// <summary>A catalog without samplers.</summary>
    public static SamplerCatalog Empty { get; } =
        new(ImmutableSortedDictionary.Create<string, SamplerFactory>(StringComparer.OrdinalIgnoreCase));

    /// <summary>The names, sorted.</summary>
    public IEnumerable<string> Names => _factories.Keys;

    /// <summary>Adds a sampler, or replaces the one of that name.</summary>
    /// <param name="name">The name to ask for.</param>
    /// <param name="factory">Makes the sampler.</param>
    /// <returns>A catalog with it; this one stays as it is.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public SamplerCatalog With(string name, SamplerFactory factory)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(factory);
        return new SamplerCatalog(_factories.SetItem(name, factory));
    }

    /// <summary>Whether there is a sampler of that name.</summary>
    /// <param name="name">The name, as <see cref="Create"/> takes it.</param>
    public bool Contains(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _factories.ContainsKey(name)
            || (SamplerName.TryParse(name, out SamplerName known) && known.Scheduler is null && _factories.ContainsKey(known.Sampler));
    }

    /// <summary>Makes a sampler.</summary>
    /// <param name="name">
    /// The name, in any case: one of <see cref="Names"/>, or one that <see cref="SamplerName.TryParse"/> knows, such as <c>Euler a</c>.
    /// </param>
    /// <param name="options">Its options as texts, named as ComfyUI names them: <c>eta</c>, <c>s_noise</c>, <c>solver_type</c>.</param>
    /// <returns>The sampler. Its <see cref="ISampler.Name"/> is the one asked for.</returns>
    /// <exception cref="ArgumentException">
    /// There is no such sampler (the message lists the names), or the name says a scheduler too, or an option is unknown (the message lists the known ones) or has an
    /// impossible value.
    /// </exception>
    public ISampler Create(string name, IEnumerable<KeyValuePair<string, string>>? options = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!_factories.TryGetValue(name, out SamplerFactory? factory))
        {
            name = NameHere(name);
            factory = _factories[name];
        }

        SamplerOptions reader = new(name, options);
        ISampler sampler = factory(reader);
        reader.ThrowIfUnknown();
        return IsAlias(name, factory, sampler) ? new NamedSampler(KeyOf(name), reader.Given, sampler) : sampler;
    }

    /// <summary>Whether the sampler of this name calls itself otherwise, and not because of an option (<c>uni_pc</c> with <c>variant=bh2</c> is <c>uni_pc_bh2</c>).</summary>
    private static bool IsAlias(string name, SamplerFactory factory, ISampler sampler) =>
        !name.Equals(sampler.Name, StringComparison.OrdinalIgnoreCase)
        && !name.Equals(factory(new SamplerOptions(name)).Name, StringComparison.OrdinalIgnoreCase);

    private string KeyOf(string name) => _factories.TryGetKey(name, out string key) ? key : name;

    private string NameHere(string name)
    {
        if (!SamplerName.TryParse(name, out SamplerName known) || !_factories.ContainsKey(known.Sampler))
        {
            throw new ArgumentException($"There is no sampler '{name}'; the samplers are {string.Join(", ", Names)}.");
        }

        return known.Scheduler is null ? known.Sampler : throw new ArgumentException(
            $"'{name}' names a sampler and a scheduler: ask for the sampler '{known.Sampler}' and for the scheduler '{known.Scheduler}'.");
    }
}
