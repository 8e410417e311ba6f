using Chroma.Models;

namespace Chroma;

/// <summary>The files that make up a model.</summary>
public sealed record ChromaModelFiles
{
    private static readonly string[] _tokenizerNames = ["tokenizer.json", "spiece.model"];

    // diffusers' names of a pipeline's parts
    private static readonly string[] _componentFolders = ["transformer", "text_encoder", "vae"];

    /// <summary>The transformer: a GGUF or safetensors file, a <c>*.index.json</c>, or a folder of a diffusers model.</summary>
    public required string Transformer { get; init; }

    /// <summary>The T5 encoder, in the same forms.</summary>
    public required string TextEncoder { get; init; }

    /// <summary>The FLUX autoencoder, in the same forms.</summary>
    public required string Autoencoder { get; init; }

    /// <summary>
    /// <c>tokenizer.json</c>, <c>spiece.model</c>, a folder with one of them, or a T5 GGUF that carries its tokenizer. Null takes the one that the text
    /// encoder's GGUF carries.
    /// </summary>
    public string? Tokenizer { get; init; }

    /// <summary>
    /// The folder in which <see cref="FromFolder"/> found the files, whose <c>chroma.json</c> states the model's own options; null for files that were
    /// named one by one.
    /// </summary>
    public string? Folder { get; private init; }

    /// <summary>What pictures state as their model: by default the transformer's file name without its extension.</summary>
    public string Name => Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(Transformer));

    /// <summary>
    /// Finds the parts in a folder: a diffusers model (<c>transformer/</c>, <c>text_encoder/</c>, <c>vae/</c>, <c>tokenizer/</c>), or a folder that holds one
    /// transformer, one T5 encoder and one autoencoder under any names; what each file is, is read from its tensors.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">A part is missing; the message says which and what was found.</exception>
    /// <exception cref="InvalidDataException">There are two of one part; the message names them.</exception>
    public static ChromaModelFiles FromFolder(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"There is no folder '{folder}'; expected one with a transformer, a T5 encoder and an autoencoder.");
        }

        Dictionary<ModelArchitecture, string> parts = [];
        List<string> seen = [];
        foreach (string candidate in Candidates(folder))
        {
            using WeightsFile file = WeightsFile.Open(candidate);
            seen.Add($"{Path.GetFileName(candidate)} ({file.Architecture})");
            if (!parts.TryAdd(file.Architecture, candidate) && IsPart(file.Architecture))
            {
                throw new InvalidDataException(
                    $"The folder '{folder}' has two files of the kind {file.Architecture}, '{Path.GetFileName(parts[file.Architecture])}' and " +
                    $"'{Path.GetFileName(candidate)}': name the files one by one.");
            }
        }

        string Part(ModelArchitecture kind, string what) => parts.GetValueOrDefault(kind) ?? throw new FileNotFoundException(
            $"The folder '{folder}' has no {what}. Found: {(seen.Count == 0 ? "no weight files" : string.Join(", ", seen))}.");

        return new ChromaModelFiles
        {
            Transformer = Part(ModelArchitecture.Chroma, "Chroma transformer"),
            TextEncoder = Part(ModelArchitecture.T5Encoder, "T5 encoder"),
            Autoencoder = Part(ModelArchitecture.Autoencoder, "autoencoder"),
            Tokenizer = FindTokenizer(folder),
            Folder = folder,
        };
    }

    private static bool IsPart(ModelArchitecture kind) =>
        kind is ModelArchitecture.Chroma or ModelArchitecture.T5Encoder or ModelArchitecture.Autoencoder;

    private static IEnumerable<string> Candidates(string folder)
    {
        string[] components = [.. _componentFolders.Select(name => Path.Combine(folder, name)).Where(Directory.Exists)];
        if (components.Length == _componentFolders.Length)
        {
            return components;
        }

        string[] indexes = Directory.GetFiles(folder, "*.index.json");
        IEnumerable<string> whole = Directory.EnumerateFiles(folder)
            .Where(file => Path.GetExtension(file) is ".gguf" or ".safetensors")
            .Where(file => indexes.Length == 0 || !Path.GetFileName(file).Contains("-of-", StringComparison.Ordinal));
        return indexes.Concat(whole).Order(StringComparer.Ordinal);
    }

    private static string? FindTokenizer(string folder) =>
        (from place in new[] { folder, Path.Combine(folder, "tokenizer") }
         from name in _tokenizerNames
         let file = Path.Combine(place, name)
         where File.Exists(file)
         select file).FirstOrDefault();
}
