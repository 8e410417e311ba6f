using System.Text.RegularExpressions;

namespace Chroma.BindingGenerator;

/// <summary>Turns C's text for a type into C#'s, blittable types only.</summary>
internal sealed partial class TypeMap(Header header)
{
    private static readonly Dictionary<string, string> Scalars = new(StringComparer.Ordinal)
    {
        ["void"] = "void",
        ["char"] = "byte",
        ["uint8_t"] = "byte",
        ["int32_t"] = "int",
        ["uint32_t"] = "uint",
        ["int64_t"] = "long",
        ["float"] = "float",
        ["double"] = "double",
    };

    /// <summary>The C# type of anything but an array.</summary>
    public string ToCSharp(string cType)
    {
        string bare = Qualifier().Replace(cType, "").Replace(" ", "", StringComparison.Ordinal);
        int stars = bare.Count(c => c == '*');
        string name = bare.TrimEnd('*');
        if (stars == 0 && header.Callbacks.TryGetValue(name, out string? signature))
        {
            return FunctionPointer(signature);
        }

        bool known = header.Enums.Any(e => e.Name == name) || header.Structs.Any(s => s.Name == name) || header.OpaqueTypes.Contains(name);
        string mapped = Scalars.TryGetValue(name, out string? scalar) ? scalar
            : known ? name
            : throw new InvalidDataException($"There is no C# type for '{cType}'; the header keeps to fixed-width types.");
        return mapped + new string('*', stars);
    }

    /// <summary>Splits <c>int64_t[8]</c> into its element type and length; false for anything that is not an array.</summary>
    public static bool TryArray(string cType, out string element, out int length)
    {
        Match match = ArrayType().Match(cType);
        element = match.Success ? match.Groups[1].Value.Trim() : cType;
        length = match.Success ? int.Parse(match.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture) : 0;
        return match.Success;
    }

    private string FunctionPointer(string signature)
    {
        Match match = PointerSignature().Match(signature);
        IEnumerable<string> types = match.Groups[2].Value.Split(',').Append(match.Groups[1].Value).Select(ToCSharp);
        return $"delegate* unmanaged[Cdecl]<{string.Join(", ", types)}>";
    }

    [GeneratedRegex(@"\b(const|struct|enum)\b")]
    private static partial Regex Qualifier();

    [GeneratedRegex(@"^(.+?)\s*\[(\d+)\]$")]
    private static partial Regex ArrayType();

    [GeneratedRegex(@"^(.+?)\s*\(\*\)\((.*)\)$")]
    private static partial Regex PointerSignature();
}
