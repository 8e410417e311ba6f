using Chroma.Models;
using Chroma.Tokenization;

namespace Chroma;

/// <summary>
/// The models in a folder, found by what the files are and not by their names: the folder itself, a diffusers model (<c>transformer/</c>,
/// <c>text_encoder/</c>, <c>vae/</c>) or the folders of ComfyUI (<c>diffusion_models/</c>, <c>unet/</c>, <c>text_encoders/</c>, <c>clip/</c>, <c>vae/</c>,
/// <c>checkpoints/</c>, also below <c>models/</c>). Hidden files, links to nowhere and files that are no weights are passed over.
/// </summary>
/// <remarks>Places are searched one after the other, in that order and then one level deeper, until a transformer, a T5 encoder and an autoencoder are found.</remarks>
public sealed class ModelFolder
{
    private static readonly ModelArchitecture[] _parts = [ModelArchitecture.Chroma, ModelArchitecture.T5Encoder, ModelArchitecture.Autoencoder];

    // diffusers' names of a pipeline's parts
    private static readonly string[] _diffusers = ["transformer", "text_encoder", "vae"];

    private static readonly string[] _known =
    [
        "transformer", "text_encoder", "text_encoder_2", "text_encoder_3", "vae", "diffusion_models", "unet", "text_encoders", "clip", "checkpoints",
        "stable-diffusion",
    ];

    private static readonly string[] _weights = [".gguf", ".safetensors", ".sft"];

    // Weights of other formats, which are worth a word where a part is missing.
    private static readonly string[] _otherWeights = [".ckpt", ".pt", ".pth", ".bin"];

    // Files that lie beside models and are none.
    private static readonly HashSet<string> _foreign = new(
        [".json", ".txt", ".md", ".yaml", ".yml", ".png", ".jpg", ".jpeg", ".webp", ".gif", ".model", ".py", ".zip", ".html", ".csv", ".log", ".part"],
        StringComparer.OrdinalIgnoreCase);

    private readonly List<FolderModel> _models = [];
    private readonly List<UnusableFile> _unusable = [];
    private readonly HashSet<string> _covered = new(StringComparer.Ordinal);

    private ModelFolder(string path) => Path = path;

    /// <summary>The folder, as it was given to <see cref="Open"/>.</summary>
    public string Path { get; }

    /// <summary>Every checkpoint that could be opened, those of other programs' models among them, in the order in which the places are searched.</summary>
    public IReadOnlyList<FolderModel> Models => _models;

    /// <summary>Files that look like weights by their name, but could not be opened.</summary>
    public IReadOnlyList<UnusableFile> Unusable => _unusable;

    /// <summary>The <c>tokenizer.json</c> or <c>spiece.model</c> of the folder; null if there is none, as where the T5 encoder's GGUF carries the tokenizer.</summary>
    public string? Tokenizer => TokenizerFolder.Find(Path);

    /// <summary>Searches a folder.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static ModelFolder Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!Directory.Exists(path))
        {
            throw new DirectoryNotFoundException($"There is no folder '{path}'; expected one with a transformer, a T5 encoder and an autoencoder.");
        }

        ModelFolder folder = new(path);
        string[] diffusers = [.. FoldersIn(path, _diffusers)];
        string[] known = [.. FoldersIn(path, _known)];
        string[] below = [.. FoldersIn(path, ["models"]).SelectMany(models => FoldersIn(models, _known))];
        Action<int>[] places =
        [
            place => folder.AddFolders(diffusers.Length == _diffusers.Length ? diffusers : [], place),
            place => folder.AddFiles(path, place),
            place => folder.AddFolders(known, place),
            place => folder.AddFolders(below, place),
            place => folder.AddFolders([.. known.Concat(below).SelectMany(parent => FoldersIn(parent, null))], place),
        ];
        for (int place = 0; place < places.Length && !Array.TrueForAll(_parts, part => folder.Find(part).Count > 0); place++)
        {
            places[place](place);
        }

        return folder;
    }

    /// <summary>The checkpoints that hold a part, from the first place that has one.</summary>
    /// <param name="part">The transformer, the text encoder or the autoencoder.</param>
    public IReadOnlyList<FolderModel> Find(ModelArchitecture part)
    {
        // A Stable Diffusion or FLUX checkpoint with an autoencoder of its own in it is none of Chroma's.
        FolderModel[] all = [.. _models.Where(model => model.Parts.Contains(part) && _parts.Contains(model.Architecture))];
        return [.. all.Where(model => model.Place == all[0].Place)];
    }

    /// <summary>Folders within one, by their names in any case; null for all.</summary>
    internal static IEnumerable<string> FoldersIn(string folder, string[]? names)
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        IEnumerable<string> all = Directory.EnumerateDirectories(folder, "*", Visible()).Order(StringComparer.Ordinal);
        return names is null ? all
            : names.SelectMany(name => all.Where(found => string.Equals(System.IO.Path.GetFileName(found), name, StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>The files of a folder that are not hidden and, if they are links, lead somewhere.</summary>
    internal static IEnumerable<string> FilesIn(string folder) => !Directory.Exists(folder) ? []
        : Directory.EnumerateFiles(folder, "*", Visible())
            .Where(file => !System.IO.Path.GetFileName(file).StartsWith('.') && Target(file).Exists)
            .Order(StringComparer.Ordinal);

    /// <summary>The file, or the one that it is a link to in the end.</summary>
    internal static FileSystemInfo Target(string file)
    {
        FileInfo info = new(file);
        return info.LinkTarget is null ? info : info.ResolveLinkTarget(returnFinalTarget: true) ?? info;
    }

    private static EnumerationOptions Visible() => new() { IgnoreInaccessible = true };

    private static bool HasEnding(string file, string[] endings) => endings.Contains(System.IO.Path.GetExtension(file), StringComparer.OrdinalIgnoreCase);

    private void AddFolders(IEnumerable<string> folders, int place)
    {
        foreach (string folder in folders)
        {
            // A folder of diffusers is one model, whose config.json belongs to it.
            if (File.Exists(System.IO.Path.Combine(folder, "config.json")) && FilesIn(folder).Any(file => HasEnding(file, _weights)))
            {
                Add(folder, place, mustOpen: true);
            }
            else
            {
                AddFiles(folder, place);
            }
        }
    }

    private void AddFiles(string folder, int place)
    {
        foreach (string file in FilesIn(folder).Where(file => !_foreign.Contains(System.IO.Path.GetExtension(file))))
        {
            Add(file, place, HasEnding(file, _weights) || HasEnding(file, _otherWeights));
        }

        // An index whose shards are all there has been opened with them.
        foreach (string index in FilesIn(folder).Where(file => file.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase)))
        {
            Add(index, place, mustOpen: true);
        }
    }

    private void Add(string path, int place, bool mustOpen)
    {
        if (_covered.Contains(path))
        {
            return;
        }

        try
        {
            using WeightsFile file = WeightsFile.Open(path);
            string folder = Directory.Exists(path) ? path : System.IO.Path.GetDirectoryName(path)!;
            string[] files = [.. file.Files.Select(name => System.IO.Path.Combine(folder, System.IO.Path.GetFileName(name)))];
            bool known = Array.Exists(files, _covered.Contains);
            _covered.UnionWith(files);
            if (!known)
            {
                _models.Add(new FolderModel(path, file.Architecture, file.Parts, file.Description) { Place = place });
            }
        }
        catch (ChromaException error)
        {
            if (mustOpen && !_unusable.Exists(other => other.Reason == error.Message))
            {
                _unusable.Add(new UnusableFile(path, error.Message));
            }
        }
    }
}

/// <summary>A checkpoint in a folder.</summary>
/// <param name="Path">Where it is: a file, the first of several that belong together, or the folder of a diffusers model.</param>
/// <param name="Architecture">Which network it is; of an all-in-one checkpoint, the first of its parts.</param>
/// <param name="Parts">The transformer, T5 encoder and autoencoder that it holds: none of another program's model, several of an all-in-one checkpoint.</param>
/// <param name="Description">What it is in words, such as <c>a Chroma transformer</c>; empty if that is not known.</param>
public sealed record FolderModel(string Path, ModelArchitecture Architecture, IReadOnlyList<ModelArchitecture> Parts, string Description)
{
    /// <summary>The number of the place where it was found, in the order of the search.</summary>
    internal int Place { get; init; }
}

/// <summary>A file in a folder that is named as weights, but could not be opened.</summary>
/// <param name="Path">The file.</param>
/// <param name="Reason">Why not, in one sentence.</param>
public sealed record UnusableFile(string Path, string Reason);
