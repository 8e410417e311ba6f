using System.Text;

namespace Chroma.BindingGenerator;

/// <summary>Writes the C++ table behind chroma_layout(): what the C++ compiler made of the header.</summary>
internal static class LayoutTableWriter
{
    public static string Write(Header header)
    {
        StringBuilder text = new("""
            // Generated from chroma.h by tools/Chroma.BindingGenerator. Change the header and run it again: ./build.sh --target=Bindings
            // clang-format off
            // NOLINTBEGIN(bugprone-sizeof-expression): sizes of pointers are meant

            """);
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

        return text.AppendLine("// NOLINTEND(bugprone-sizeof-expression)").ToString();
    }
}
