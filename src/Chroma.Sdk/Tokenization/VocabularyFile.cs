using Chroma.Files;
using Chroma.Models;

namespace Chroma.Tokenization;

/// <summary>Opens a tokenizer file and tells its format by its first bytes, not by its name.</summary>
internal static class VocabularyFile
{
    /// <summary>T5's own files have 2.4 MB and 0.8 MB; something far larger is a model or a mistake.</summary>
    private const long MaxBytes = 64 << 20;

    public static SentencePieceVocabulary Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string file = Directory.Exists(path) ? FindIn(path) : path;
        if (ModelFolder.Target(file) is not FileInfo { Exists: true } info)
        {
            throw new FileNotFoundException($"Can't open the tokenizer '{file}': there is no such file.", file);
        }

        if (InputFile.Refusal(file) is { } reason)
        {
            throw new IOException($"Can't open '{file}': {reason}.");
        }

        if (info.Length == 0)
        {
            throw new InvalidDataException($"'{file}' is empty; expected a tokenizer.json, a spiece.model or a T5 GGUF."); // also some files of the system that claim to be empty and never end
        }

        using FileStream stream = new(InputFile.Open(file), FileAccess.Read);
        byte[] magic = new byte[4];
        int read = stream.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        if (magic.AsSpan(0, read).SequenceEqual("GGUF"u8))
        {
            return GgufVocabulary.Read(file);
        }

        if (info.Length > MaxBytes)
        {
            throw new InvalidDataException(
                $"'{file}' has {info.Length >> 20} MiB, which no T5 tokenizer has; expected a tokenizer.json or a spiece.model of at most {MaxBytes >> 20} MiB.");
        }

        stream.Position = 0;
        byte[] bytes = new byte[info.Length];
        stream.ReadExactly(bytes);
        ReadOnlySpan<byte> text = bytes.AsSpan().TrimStart("\uFEFF"u8).TrimStart(" \t\r\n"u8);
        if (text.IsEmpty)
        {
            throw new InvalidDataException($"'{file}' is empty; expected a tokenizer.json, a spiece.model or a T5 GGUF.");
        }

        return text[0] is (byte)'{' or (byte)'['
            ? TokenizerJson.Read(bytes.AsMemory(bytes.Length - text.Length), file)
            : SentencePieceModelFile.Read(bytes, file);
    }

    /// <summary>The tokenizer that a text encoder brings: in its GGUF, whatever that is called, or in its folder.</summary>
    /// <exception cref="FileNotFoundException">There is no such file, or it brings no tokenizer.</exception>
    /// <exception cref="InvalidDataException">The tokenizer is damaged. The message names the file.</exception>
    /// <exception cref="ChromaException">The text encoder is damaged; the message names it.</exception>
    public static SentencePieceVocabulary OfTextEncoder(string path)
    {
        if (Directory.Exists(path) && TokenizerFolder.Find(path) is { } beside)
        {
            return Load(beside);
        }

        if (!Directory.Exists(path) && !ModelFolder.Target(path).Exists)
        {
            throw new FileNotFoundException($"Can't open the text encoder '{path}': there is no such file.", path);
        }

        using WeightsFile file = WeightsFile.Open(path, ModelArchitecture.T5Encoder);
        return GgufVocabulary.IsIn(file)
            ? GgufVocabulary.Read(file)
            : throw new FileNotFoundException(
                $"The text encoder '{path}' carries no tokenizer, as only a T5 GGUF may: name a tokenizer.json, a spiece.model or a T5 GGUF for it, or put a " +
                "tokenizer.json or spiece.model into the model's folder.",
                path);
    }

    private static string FindIn(string folder) => TokenizerFolder.Find(folder) ?? TokenizerFolder.FindGguf(folder)
        ?? throw new FileNotFoundException($"The folder '{folder}' holds no tokenizer: neither a tokenizer.json nor a spiece.model nor a T5 GGUF.");
}
