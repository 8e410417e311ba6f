using Chroma.BindingGenerator;

// chroma-bindings <repository root> [--check]: writes the bindings, or says which of the committed ones are stale.
if (args.Length is 0 or > 2 || (args.Length == 2 && args[1] != "--check"))
{
    Console.Error.WriteLine("usage: Chroma.BindingGenerator <repository root> [--check]");
    return 2;
}

string root = args[0];
bool check = args.Length == 2;
Header header = HeaderReader.Read(Path.Combine(root, "native", "include", "chroma.h"));
CSharpWriter writer = new(header);
string managed = Path.Combine(root, "src", "Chroma.Interop", "Generated");
(string Path, string Text)[] files =
[
    (Path.Combine(managed, "ChromaEnums.cs"), writer.Enums()),
    (Path.Combine(managed, "ChromaStructs.cs"), writer.Structs()),
    (Path.Combine(managed, "ChromaNative.cs"), writer.Functions()),
    (Path.Combine(managed, "ChromaManagedLayout.cs"), writer.Layout()),
    (Path.Combine(root, "native", "src", "api", "layout_table.inc"), LayoutTableWriter.Write(header)),
    (Path.Combine(root, "native", "src", "common", "field_ends.inc"), LayoutTableWriter.WriteFieldEnds(header)),
];

int stale = 0;
foreach ((string path, string text) in files)
{
    bool same = File.Exists(path) && File.ReadAllText(path) == text;
    if (check && !same)
    {
        Console.Error.WriteLine($"{Path.GetRelativePath(root, path)} does not match chroma.h: run ./build.sh --target=Bindings and commit the result.");
        stale++;
    }
    else if (!same)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        Console.WriteLine($"wrote {Path.GetRelativePath(root, path)}");
    }
}

return stale == 0 ? 0 : 1;
