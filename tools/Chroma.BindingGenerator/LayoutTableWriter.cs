using System.Text;

namespace Chroma.BindingGenerator;

/// <summary>Writes C++ tables of what the C++ compiler made of the header.</summary>
internal static class LayoutTableWriter
{
    private const string Preamble = """
        // Generated from chroma.h by tools/Chroma.BindingGenerator. Change the header and run it again: ./build.sh --target=Bindings
        // clang-format off
        // NOLINTBEGIN(bugprone-sizeof-expression): sizes of pointers are meant

        """;

    private const string End = "// NOLINTEND(bugprone-sizeof-expression)";

    private const string SizeField = "struct_size";

    /// <summary>The table of chroma_layout().</summary>
    public static string Write(Header header)
    {
        StringBuilder text = new(Preamble);
        foreach (Enumerator value in header.Enums.SelectMany(e => e.Values))
        {
            text.Append("{\"").Append(value.Name).Append("\", ").Append(value.Name).AppendLine(", 0},");
        }

        foreach (StructType type in header.Structs)
        {
            text.Append("{\"").Append(type.Name).Append("\", sizeof(").Append(type.Name).Append("), sizeof(").Append(type.Name).AppendLine(")},");
            foreach (Field field in type.Fields)
            {
                text.Append("{\"").Append(type.Name).Append('.').Append(field.Name).Append("\", offsetof(").Append(type.Name).Append(", ").Append(field.Name)
                    .Append("), sizeof(").Append(type.Name).Append("::").Append(field.Name).AppendLine(")},");
            }
        }

        return text.AppendLine(End).ToString();
    }

    /// <summary>Where the fields of each struct end that begins with its size: the sizes that an older program may give.</summary>
    public static string WriteFieldEnds(Header header)
    {
        StringBuilder text = new(Preamble);
        foreach (StructType type in header.Structs.Where(t => t.Fields.Count > 0 && t.Fields[0].Name == SizeField))
        {
            text.Append("template <> struct FieldEnds<").Append(type.Name).AppendLine("> {").AppendLine("    static constexpr uint32_t kValues[] = {");
            foreach (Field field in type.Fields)
            {
                text.Append("        offsetof(").Append(type.Name).Append(", ").Append(field.Name).Append(") + sizeof(").Append(type.Name).Append("::")
                    .Append(field.Name).AppendLine("),");
            }

            text.AppendLine("    };").AppendLine("};");
        }

        return text.AppendLine(End).ToString();
    }
}
