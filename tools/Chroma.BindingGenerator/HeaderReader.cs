using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Chroma.BindingGenerator;

/// <summary>Reads a C header through clang's syntax tree, so that C is parsed by a C compiler and not by us.</summary>
internal static partial class HeaderReader
{
    private const string Prefix = "chroma_";

    public static Header Read(string path)
    {
        List<EnumType> enums = [];
        List<StructType> structs = [];
        List<string> opaque = [];
        Dictionary<string, string> callbacks = [];
        List<Function> functions = [];

        string json = RunClang("-fparse-all-comments", "-Xclang", "-ast-dump=json", "-fsyntax-only", "-xc", "-std=c11", path);
        using JsonDocument tree = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 512 });
        foreach (JsonElement node in Children(tree.RootElement))
        {
            string name = Name(node);
            if (!name.StartsWith(Prefix, StringComparison.Ordinal))
            {
                continue;
            }

            switch (Kind(node))
            {
                case "EnumDecl":
                    enums.Add(ReadEnum(node, name));
                    break;
                case "RecordDecl" when node.TryGetProperty("completeDefinition", out _):
                    structs.Add(new StructType(name, Comment(node), [.. Fields(node)]));
                    break;
                case "RecordDecl":
                    opaque.Add(name);
                    break;
                case "TypedefDecl" when CType(node).Contains("(*)", StringComparison.Ordinal):
                    callbacks[name] = CType(node);
                    break;
                case "FunctionDecl":
                    functions.Add(ReadFunction(node, name));
                    break;
            }
        }

        opaque.RemoveAll(name => structs.Exists(s => s.Name == name));
        return new Header(ReadConstants(path), enums, structs, opaque, callbacks, functions);
    }

    private static EnumType ReadEnum(JsonElement node, string name)
    {
        List<Enumerator> values = [];
        foreach (JsonElement child in Children(node).Where(c => Kind(c) == "EnumConstantDecl"))
        {
            JsonElement value = Children(child).FirstOrDefault(c => Kind(c) == "ConstantExpr");
            if (value.ValueKind == JsonValueKind.Undefined)
            {
                throw new InvalidDataException($"{Name(child)} has no explicit value; the ABI wants one.");
            }

            long number = long.Parse(value.GetProperty("value").GetString()!, CultureInfo.InvariantCulture);
            values.Add(new Enumerator(Name(child), number, Comment(child)));
        }

        return new EnumType(name, Comment(node), values);
    }

    private static Function ReadFunction(JsonElement node, string name)
    {
        string signature = CType(node);
        string returns = signature[..signature.IndexOf('(', StringComparison.Ordinal)].Trim();
        Parameter[] parameters = [.. Children(node).Where(c => Kind(c) == "ParmVarDecl").Select(c => new Parameter(Name(c), CType(c)))];
        return new Function(name, returns, parameters, Comment(node));
    }

    private static IEnumerable<Field> Fields(JsonElement node) =>
        Children(node).Where(c => Kind(c) == "FieldDecl").Select(c => new Field(Name(c), CType(c), Comment(c)));

    private static List<Constant> ReadConstants(string path)
    {
        List<Constant> constants = [];
        foreach (string line in RunClang("-E", "-dM", "-xc", path).Split('\n'))
        {
            Match match = IntegerMacro().Match(line);
            if (match.Success)
            {
                constants.Add(new Constant(match.Groups[1].Value, int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)));
            }
        }

        return [.. constants.OrderBy(c => c.Name, StringComparer.Ordinal)];
    }

    private static string RunClang(params string[] arguments)
    {
        ProcessStartInfo start = new("clang", arguments) { RedirectStandardOutput = true };
        using Process clang = Process.Start(start)!;
        string output = clang.StandardOutput.ReadToEnd();
        clang.WaitForExit();
        return clang.ExitCode == 0 ? output : throw new InvalidDataException($"clang {string.Join(' ', arguments)} failed.");
    }

    private static JsonElement[] Children(JsonElement node) =>
        node.TryGetProperty("inner", out JsonElement inner) ? [.. inner.EnumerateArray()] : [];

    private static string Kind(JsonElement node) => node.TryGetProperty("kind", out JsonElement kind) ? kind.GetString()! : "";

    private static string Name(JsonElement node) => node.TryGetProperty("name", out JsonElement name) ? name.GetString()! : "";

    private static string CType(JsonElement node) => node.GetProperty("type").GetProperty("qualType").GetString()!;

    private static string Comment(JsonElement node)
    {
        JsonElement comment = Children(node).FirstOrDefault(c => Kind(c) == "FullComment");
        return comment.ValueKind == JsonValueKind.Undefined ? "" : Whitespace().Replace(Text(comment), " ").Trim();
    }

    private static string Text(JsonElement node) => Kind(node) == "TextComment"
        ? node.GetProperty("text").GetString()!
        : string.Join(' ', Children(node).Select(Text));

    [GeneratedRegex(@"^#define (CHROMA_\w+) (\d+)\s*$")]
    private static partial Regex IntegerMacro();

    [GeneratedRegex(@"[\s*]*\n[\s*]*|\s+")]
    private static partial Regex Whitespace();
}
