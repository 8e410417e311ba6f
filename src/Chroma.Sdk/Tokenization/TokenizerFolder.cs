using Chroma.Models;

namespace Chroma.Tokenization;

/// <summary>Finds the tokenizer in the folder of a model, or in those that belong to one below it.</summary>
internal static class TokenizerFolder
{
    // As the converters of Hugging Face name them.
    private static readonly string[] _names = ["tokenizer.json", "spiece.model"];

    // Of a FLUX-like diffusers model the second tokenizer is T5's.
    private static readonly string[] _folders =
        ["tokenizer", "tokenizer_2", "tokenizer_3", "text_encoder", "text_encoder_2", "text_encoder_3", "text_encoders", "clip"];

    /// <summary>The <c>tokenizer.json</c> or <c>spiece.model</c> of a folder, of several the first that is a T5 tokenizer; null if there is none.</summary>
    public static string? Find(string folder)
    {
        string[] found =
        [
            .. from place in Places(folder)
               from name in _names
               from file in ModelFolder.FilesIn(place)
               where string.Equals(Path.GetFileName(file), name, StringComparison.OrdinalIgnoreCase)
               select file,
        ];
        return found.Length > 1 ? Array.Find(found, IsTokenizer) ?? found[0] : found.FirstOrDefault();
    }

    /// <summary>A GGUF in the folder that carries a tokenizer; null if there is none.</summary>
    public static string? FindGguf(string folder) => ModelFolder.Open(folder).Models.Select(model => model.Path).FirstOrDefault(path =>
    {
        using WeightsFile file = WeightsFile.Open(path);
        return GgufVocabulary.IsIn(file);
    });

    private static IEnumerable<string> Places(string folder) => ModelFolder.FoldersIn(folder, _folders).Prepend(folder);

    private static bool IsTokenizer(string path)
    {
        try
        {
            _ = T5Tokenizer.Load(path);
            return true;
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
