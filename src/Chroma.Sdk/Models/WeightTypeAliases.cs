using System.Collections.Frozen;

namespace Chroma.Models;

/// <summary>The names that weight types have elsewhere.</summary>
internal static class WeightTypeAliases
{
    private static readonly FrozenDictionary<string, WeightType> _synonyms = new (WeightType Type, string[] Names)[]
    {
        (WeightType.F32, ["fp32", "float32", "float"]),
        (WeightType.F16, ["fp16", "float16", "half"]),
        (WeightType.BF16, ["bfloat16"]),
        (WeightType.F64, ["fp64", "float64", "double"]),
        (WeightType.F8_E4M3, ["f8_e4m3fn", "fp8", "fp8_e4m3", "fp8_e4m3fn", "float8_e4m3", "float8_e4m3fn"]),
        (WeightType.F8_E5M2, ["fp8_e5m2", "float8_e5m2"]),
        (WeightType.Q6_K, ["q6"]),
        (WeightType.Q8_0, ["q8"]),
    }.SelectMany(entry => entry.Names, (entry, name) => (entry.Type, Name: name)).ToFrozenDictionary(
        entry => entry.Name, entry => entry.Type, StringComparer.OrdinalIgnoreCase);

    // Formats of the same size that this library does not write.
    private static readonly FrozenDictionary<string, WeightType> _nearest = new (WeightType Type, string[] Names)[]
    {
        (WeightType.Q2_K, ["q2", "iq1_s", "iq1_m", "iq2_xxs", "iq2_xs", "iq2_s", "iq2_m", "tq1_0", "tq2_0"]),
        (WeightType.Q3_K, ["q3", "iq3_xxs", "iq3_xs", "iq3_s", "iq3_m"]),
        (WeightType.Q4_K, ["q4", "iq4_nl", "iq4_xs", "nf4", "fp4", "mxfp4", "nvfp4", "int4"]),
        (WeightType.Q5_K, ["q5"]),
        (WeightType.Q8_0, ["q8_1", "q8_k", "i8", "f8", "f8_e4m3", "f8_e5m2"]),
        (WeightType.F32, ["f64"]),
    }.SelectMany(entry => entry.Names, (entry, name) => (entry.Type, Name: name)).ToFrozenDictionary(
        entry => entry.Name, entry => entry.Type, StringComparer.OrdinalIgnoreCase);

    // How llama.cpp calls files in which some tensors have more bits than the name says.
    private static readonly string[] _mixes = ["_S", "_M", "_L", "_XL"];

    /// <summary>The type that a name means exactly.</summary>
    public static bool TryFind(string name, out WeightType type) => _synonyms.TryGetValue(name, out type);

    /// <summary>The plain type of a mixture: Q4_K of <c>Q4_K_M</c>.</summary>
    public static bool TryFindMix(string name, out WeightType type)
    {
        type = default;
        return Array.Find(_mixes, mix => name.EndsWith(mix, StringComparison.OrdinalIgnoreCase)) is string suffix
            && name[..^suffix.Length].EndsWith("_K", StringComparison.OrdinalIgnoreCase)
            && WeightTypes.TryParse(name[..^suffix.Length], out type);
    }

    /// <summary>The type that comes closest to a known one that can't be written.</summary>
    public static bool TryFindNearest(string name, out WeightType type) =>
        _nearest.TryGetValue(name, out type) || (TryFind(name, out WeightType known) && _nearest.TryGetValue(known.ToName(), out type));
}
