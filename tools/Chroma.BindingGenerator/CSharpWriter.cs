using System.Security;
using System.Text;

namespace Chroma.BindingGenerator;

/// <summary>Writes the declarations as C#: enums, structs and functions, C names kept, the header's comments as documentation.</summary>
internal sealed class CSharpWriter(Header header)
{
    private const string Preamble = """
        // Generated from chroma.h by tools/Chroma.BindingGenerator. Change the header and run it again: ./build.sh --target=Bindings
        #nullable enable
        #pragma warning disable IDE0079, CA1008, CA1028, CA1051, CA1401, CA1711, CA1720, CA1815, CA2101, CS8981, IDE1006, SYSLIB1054

        """;

    private readonly TypeMap _types = new(header);

    public string Enums()
    {
        StringBuilder text = Begin("");
        foreach (EnumType type in header.Enums)
        {
            Document(text, "", type.Comment, type.Name);
            text.Append("public enum ").AppendLine(type.Name).AppendLine("{");
            foreach (Enumerator value in type.Values)
            {
                Document(text, "    ", value.Comment, value.Name);
                text.Append("    ").Append(value.Name).Append(" = ").Append(value.Value).AppendLine(",");
            }

            text.AppendLine("}").AppendLine();
        }

        return End(text);
    }

    public string Structs()
    {
        StringBuilder text = Begin("using System.Runtime.InteropServices;");
        foreach (string name in header.OpaqueTypes)
        {
            text.AppendLine("/// <summary>An opaque handle of the native library; only pointers to it exist.</summary>");
            text.Append("public readonly struct ").Append(name).AppendLine(";").AppendLine();
        }

        foreach (StructType type in header.Structs)
        {
            Document(text, "", type.Comment, type.Name);
            text.AppendLine("[StructLayout(LayoutKind.Sequential)]");
            text.Append("public unsafe struct ").AppendLine(type.Name).AppendLine("{");
            foreach (Field field in type.Fields)
            {
                Document(text, "    ", field.Comment, field.CType);
                text.Append("    public ").Append(Declaration(field)).AppendLine(";");
            }

            text.AppendLine("}").AppendLine();
        }

        return End(text);
    }

    public string Functions()
    {
        StringBuilder text = Begin("using System.Runtime.CompilerServices;\nusing System.Runtime.InteropServices;");
        text.AppendLine("/// <summary>The functions of libchroma, as chroma.h declares them.</summary>");
        text.AppendLine("public static unsafe partial class ChromaNative").AppendLine("{");
        foreach (Constant constant in header.Constants)
        {
            Document(text, "    ", "", constant.Name);
            text.Append("    public const int ").Append(constant.Name).Append(" = ").Append(constant.Value).AppendLine(";").AppendLine();
        }

        foreach (Function function in header.Functions)
        {
            Document(text, "    ", function.Comment, function.Name);
            text.AppendLine("    [LibraryImport(ChromaLibrary.Name)]");
            text.AppendLine("    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]");
            IEnumerable<string> parameters = function.Parameters.Select(p => $"{_types.ToCSharp(p.CType)} {Escape(p.Name)}");
            text.Append("    public static partial ").Append(_types.ToCSharp(function.ReturnCType)).Append(' ').Append(function.Name)
                .Append('(').AppendJoin(", ", parameters).AppendLine(");").AppendLine();
        }

        return End(text.AppendLine("}"));
    }

    /// <summary>The managed side of the layout table: what the compiler made of the structs, to compare with what the C compiler made.</summary>
    public string Layout()
    {
        StringBuilder text = Begin("using System.Runtime.CompilerServices;");
        text.AppendLine("/// <summary>Sizes, offsets and enum values of the managed declarations, named as in <see cref=\"ChromaNative.chroma_layout\"/>.</summary>");
        text.AppendLine("public static unsafe class ChromaManagedLayout").AppendLine("{");
        text.AppendLine("    /// <summary>Every entry: the name, and the size, offset or value.</summary>");
        text.AppendLine("    public static IEnumerable<(string Name, long Value)> Entries()").AppendLine("    {");
        text.AppendLine("        List<(string Name, long Value)> entries = [];");
        foreach (EnumType type in header.Enums)
        {
            foreach (Enumerator value in type.Values)
            {
                text.Append("        entries.Add((\"").Append(value.Name).Append("\", (long)").Append(type.Name).Append('.').Append(value.Name).AppendLine("));");
            }
        }

        foreach (StructType type in header.Structs)
        {
            string local = "of_" + type.Name;
            text.Append("        ").Append(type.Name).Append(' ').Append(local).AppendLine(" = default;");
            text.Append("        entries.Add((\"").Append(type.Name).Append("\", Unsafe.SizeOf<").Append(type.Name).AppendLine(">()));");
            foreach (Field field in type.Fields)
            {
                string address = TypeMap.TryArray(field.CType, out _, out _) ? $"{local}.{Escape(field.Name)}" : $"&{local}.{Escape(field.Name)}";
                text.Append("        entries.Add((\"").Append(type.Name).Append('.').Append(field.Name).Append("\", (byte*)").Append(address)
                    .Append(" - (byte*)&").Append(local).AppendLine("));");
            }
        }

        return End(text.AppendLine("        return entries;").AppendLine("    }").AppendLine("}"));
    }

    private string Declaration(Field field) => TypeMap.TryArray(field.CType, out string element, out int length)
        ? $"fixed {_types.ToCSharp(element)} {Escape(field.Name)}[{length}]"
        : $"{_types.ToCSharp(field.CType)} {Escape(field.Name)}";

    private static string Escape(string name) => name is "in" or "out" or "ref" or "params" ? "@" + name : name;

    private static StringBuilder Begin(string usings)
    {
        StringBuilder text = new StringBuilder(Preamble).AppendLine();
        if (usings.Length > 0)
        {
            text.AppendLine(usings).AppendLine();
        }

        return text.AppendLine("namespace Chroma.Interop;").AppendLine();
    }

    private static string End(StringBuilder text) => text.ToString().TrimEnd() + "\n";

    private static void Document(StringBuilder text, string indent, string comment, string fallback) =>
        text.Append(indent).Append("/// <summary>")
            .Append(SecurityElement.Escape(comment.Length > 0 ? char.ToUpperInvariant(comment[0]) + comment[1..] : $"C: {fallback}"))
            .AppendLine("</summary>");
}
