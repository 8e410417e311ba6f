namespace Chroma.BindingGenerator;

/// <summary>What a C header declares, in the header's order.</summary>
internal sealed record Header(
    IReadOnlyList<Constant> Constants,
    IReadOnlyList<EnumType> Enums,
    IReadOnlyList<StructType> Structs,
    IReadOnlyList<string> OpaqueTypes,
    IReadOnlyDictionary<string, string> Callbacks,
    IReadOnlyList<Function> Functions);

/// <summary>An integer macro.</summary>
internal sealed record Constant(string Name, int Value);

internal sealed record EnumType(string Name, string Comment, IReadOnlyList<Enumerator> Values);

internal sealed record Enumerator(string Name, long Value, string Comment);

internal sealed record StructType(string Name, string Comment, IReadOnlyList<Field> Fields);

/// <summary>A struct's field; <paramref name="CType"/> is C's text for it, such as <c>const char *</c> or <c>int64_t[8]</c>.</summary>
internal sealed record Field(string Name, string CType, string Comment);

internal sealed record Function(string Name, string ReturnCType, IReadOnlyList<Parameter> Parameters, string Comment);

internal sealed record Parameter(string Name, string CType);
