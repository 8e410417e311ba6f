namespace Chroma.Models;

/// <summary>The names of weight types, and what each can be used for.</summary>
public static class WeightTypes
{
    private static readonly WeightType[] _all = Enum.GetValues<WeightType>();

    /// <summary>The types that weights can be converted to, while loading and in a file.</summary>
    public static IReadOnlyList<WeightType> Targets { get; } = Array.FindAll(_all, IsTarget);

    /// <summary>The usual name in lower case, as programs and file names have it: <c>q8_0</c>, <c>bf16</c>, <c>q4_k</c>.</summary>
    /// <param name="type">The type.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the enumeration.</exception>
    public static string ToName(this WeightType type) => Enum.IsDefined(type)
        ? type.ToString().ToLowerInvariant()
        : throw new ArgumentOutOfRangeException(nameof(type), type, "This is not a weight type.");

    /// <summary>Whether weights can be converted to this type: F32, F16, BF16, the quantised types and Int8.</summary>
    /// <param name="type">The type.</param>
    public static bool IsTarget(this WeightType type) =>
        type is (>= WeightType.F32 and <= WeightType.BF16) or WeightType.Int8 || type.IsQuantized();

    /// <summary>Whether several weights share a scale, so that rows come in blocks.</summary>
    /// <param name="type">The type.</param>
    public static bool IsQuantized(this WeightType type) => type is >= WeightType.Q4_0 and <= WeightType.Q6_K;

    /// <summary>Finds a type by its usual name or one that means the same elsewhere (<c>fp16</c>, <c>half</c>, <c>float8_e4m3fn</c>), in any case.</summary>
    /// <param name="name">The name.</param>
    /// <param name="type">The type, where there is one of this name.</param>
    /// <returns>Whether the name is known.</returns>
    public static bool TryParse(string? name, out WeightType type)
    {
        foreach (WeightType candidate in _all)
        {
            if (string.Equals(name, candidate.ToName(), StringComparison.OrdinalIgnoreCase))
            {
                type = candidate;
                return true;
            }
        }

        type = default;
        return name is not null && WeightTypeAliases.TryFind(name, out type);
    }

    /// <summary>
    /// Finds the type of <see cref="Targets"/> that a name asks for. Names of mixtures, such as llama.cpp's <c>Q4_K_M</c>, give the plain type.
    /// </summary>
    /// <param name="name">The name, in any case.</param>
    /// <param name="type">The type, where there is one.</param>
    /// <param name="remark">
    /// A sentence for whoever gave the name: that the type is not quite what it says, or why there is none and what comes nearest. Null where
    /// nothing needs to be said.
    /// </param>
    /// <returns>Whether weights can be converted to it.</returns>
    public static bool TryParseTarget(string? name, out WeightType type, out string? remark)
    {
        remark = null;
        if (TryParse(name, out type) && type.IsTarget())
        {
            return true;
        }

        if (name is not null && WeightTypeAliases.TryFindMix(name, out type))
        {
            remark = $"'{name}' is a mixture of types, which is not made here: its matrices become {type.ToName()}.";
            return true;
        }

        string known = string.Join(", ", Targets.Select(ToName));
        remark = name is not null && WeightTypeAliases.TryFindNearest(name, out WeightType nearest)
            ? $"Weights can't be converted to '{name}'; the nearest type that can be written is {nearest.ToName()}."
            : $"'{name}' is not a type that weights can be converted to; expected one of {known}.";
        type = default;
        return false;
    }

    /// <summary>Finds a type as <see cref="TryParse"/> does.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="ArgumentException">The name is unknown.</exception>
    public static WeightType Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return TryParse(name, out WeightType type)
            ? type
            : throw new ArgumentException($"'{name}' is not a weight type; known are {string.Join(", ", _all.Select(ToName))}.", nameof(name));
    }
}
