using System.Text.RegularExpressions;
using Chroma.Models;

namespace Chroma;

/// <summary>The files that make up a model.</summary>
public sealed partial record ChromaModelFiles
{
    private const int MostReasons = 3;

    /// <summary>
    /// The transformer: a GGUF or safetensors file, any part of one that is split, a <c>*.index.json</c>, or a folder of a diffusers model. An all-in-one
    /// checkpoint may be named for each of its parts.
    /// </summary>
    public required string Transformer { get; init; }

    /// <summary>The T5 encoder, in the same forms.</summary>
    public required string TextEncoder { get; init; }

    /// <summary>The FLUX autoencoder, in the same forms.</summary>
    public required string Autoencoder { get; init; }

    /// <summary>
    /// <c>tokenizer.json</c>, <c>spiece.model</c>, a T5 GGUF that carries its tokenizer, or a folder with one of them. Null takes the one that the text
    /// encoder's GGUF carries, or that lies in the text encoder's folder where that is a folder.
    /// </summary>
    public string? Tokenizer { get; init; }

    /// <summary>
    /// The folder in which <see cref="FromFolder"/> found the files, whose <c>chroma.json</c> states the model's own options; null for files that were
    /// named one by one.
    /// </summary>
    public string? Folder { get; private init; }

    /// <summary>What pictures state as their model: the transformer's file name without its extension and the number of a part.</summary>
    public string Name => PartNumber().Replace(Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(Transformer)), "");

    /// <summary>
    /// Finds the parts in a folder: a diffusers model (<c>transformer/</c>, <c>text_encoder/</c>, <c>vae/</c>, <c>tokenizer/</c>), ComfyUI's folders, or a folder
    /// with one transformer, one T5 encoder and one autoencoder under any names, which may be one all-in-one checkpoint; what each file is, is read from its
    /// tensors. <see cref="ModelFolder"/> says where is searched.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">A part is missing; the message says which and what was found.</exception>
    /// <exception cref="InvalidDataException">There are two of one part; the message names them.</exception>
    public static ChromaModelFiles FromFolder(string folder)
    {
        ModelFolder found = ModelFolder.Open(folder);
        string Part(ModelArchitecture part, string what) => found.Find(part) switch
        {
            [FolderModel one] => one.Path,
            [FolderModel first, FolderModel second, ..] => throw new InvalidDataException(
                $"The folder '{folder}' has two files of the kind {part}, '{Shown(first.Path)}' and '{Shown(second.Path)}': name the files one by one."),
            _ => throw new FileNotFoundException($"The folder '{folder}' has no {what}. {Contents()}"),
        };

        string Shown(string path) => Path.GetRelativePath(folder, path);

        string Contents()
        {
            string models = string.Join(", ", found.Models.Select(model => $"{Shown(model.Path)} ({(model.Description.Length > 0 ? model.Description : model.Architecture)})"));
            string unusable = string.Join(" ", found.Unusable.Select(file => file.Reason).Take(MostReasons));
            return $"Found: {(models.Length > 0 ? models : "no weight files")}.{(unusable.Length > 0 ? " " + unusable : "")}";
        }

        return new ChromaModelFiles
        {
            Transformer = Part(ModelArchitecture.Chroma, "Chroma transformer"),
            TextEncoder = Part(ModelArchitecture.T5Encoder, "T5 encoder"),
            Autoencoder = Part(ModelArchitecture.Autoencoder, "autoencoder"),
            Tokenizer = found.Tokenizer,
            Folder = folder,
        };
    }

    [GeneratedRegex("[-_.]?[0-9]+[-_]of[-_][0-9]+$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PartNumber();
}
