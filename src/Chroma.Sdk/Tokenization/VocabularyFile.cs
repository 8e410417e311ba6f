using Chroma.Files;

namespace Chroma.Tokenization;

/// <summary>Opens a tokenizer file and tells its format by its first bytes, not by its name.</summary>
internal static class VocabularyFile
{
    /// <summary>T5's own files have 2.4 MB and 0.8 MB; something far larger is a model or a mistake.</summary>
    private const long MaxBytes = 64 << 20;

    private static readonly string[] _names = ["tokenizer.json", "spiece.model"];

    public static SentencePieceVocabulary Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string file = Directory.Exists(path) ? FindIn(path) : path;
        FileInfo info = new(file);
        if (!info.Exists)
        {
            throw new FileNotFoundException($"There is no tokenizer file '{file}'.", file);
        }

        if (InputFile.Refusal(file) is { } reason)
        {
            throw new IOException($"Can't open '{file}': {reason}.");
        }

        if (info.Length == 0)
        {
            throw Empty(file); // also some files of the system that claim to be empty and never end
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
            throw Empty(file);
        }

        return text[0] is (byte)'{' or (byte)'['
            ? TokenizerJson.Read(bytes.AsMemory(bytes.Length - text.Length), file)
            : SentencePieceModelFile.Read(bytes, file);
    }

    private static InvalidDataException Empty(string file) => new($"'{file}' is empty; expected a tokenizer.json or a spiece.model.");

    private static string FindIn(string folder) =>
        _names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
        ?? throw new FileNotFoundException($"The folder '{folder}' holds neither tokenizer.json nor spiece.model.");
}
