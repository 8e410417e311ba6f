using Chroma.Models;

namespace Chroma.Tokenization;

/// <summary>Reads the tokenizer that a T5 GGUF carries in its metadata, under the keys that llama.cpp writes.</summary>
internal static class GgufVocabulary
{
    private const string Prefix = "tokenizer.ggml.";

    /// <inheritdoc cref="Read(WeightsFile)"/>
    public static SentencePieceVocabulary Read(string path)
    {
        using WeightsFile file = Open(path);
        return Read(file);
    }

    /// <summary>Whether a checkpoint carries a tokenizer, of whichever kind.</summary>
    public static bool IsIn(WeightsFile file) => Find(file, "model") is not null;

    /// <exception cref="InvalidDataException">The file carries no T5 tokenizer, or a damaged one.</exception>
    public static SentencePieceVocabulary Read(WeightsFile file)
    {
        string path = file.Path;
        string model = Find(file, "model")?.AsString() ?? "none";
        if (model != "t5")
        {
            throw new InvalidDataException($"'{path}' carries no T5 tokenizer (tokenizer.ggml.model is {model}); expected a T5 GGUF, a tokenizer.json or a spiece.model.");
        }

        return new SentencePieceVocabulary
        {
            Source = $"'{path}'",
            Pieces = Require(file, path, "tokens").AsStrings(),
            Scores = Require(file, path, "scores").AsNumbers(),
            Types = Find(file, "token_type") is { } types ? Array.ConvertAll(types.AsNumbers(), static type => (PieceType)(int)type) : null,
            UnknownId = Id(file, "unknown_token_id"),
            EndId = Id(file, "eos_token_id"),
            PadId = Id(file, "padding_token_id"),
            AddSpacePrefix = Find(file, "add_space_prefix")?.AsBoolean() ?? true,
            RemoveExtraWhitespaces = Find(file, "remove_extra_whitespaces")?.AsBoolean() ?? true,
            PrecompiledCharsMap = Find(file, "precompiled_charsmap")?.AsBytes(),
        };
    }

    // A damaged tokenizer file is one kind of error, whatever its format.
    private static WeightsFile Open(string path)
    {
        try
        {
            return WeightsFile.Open(path);
        }
        catch (ChromaException error)
        {
            throw new InvalidDataException(error.Message, error);
        }
    }

    private static MetadataEntry? Find(WeightsFile file, string key) => file.Metadata.GetValueOrDefault(Prefix + key);

    private static MetadataEntry Require(WeightsFile file, string path, string key) =>
        Find(file, key) ?? throw new InvalidDataException($"'{path}' has no {Prefix}{key}, which a T5 tokenizer needs.");

    private static int? Id(WeightsFile file, string key) => Find(file, key) is { } entry ? (int)entry.AsInteger() : null;
}
