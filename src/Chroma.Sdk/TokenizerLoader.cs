using Chroma.Tokenization;

namespace Chroma;

/// <summary>Takes the tokenizer from where a model has it.</summary>
internal static class TokenizerLoader
{
    /// <exception cref="FileNotFoundException">A file is missing, or the text encoder carries no tokenizer and none is named.</exception>
    /// <exception cref="InvalidDataException">The tokenizer is damaged, or is not T5's. The message names the file.</exception>
    /// <exception cref="ChromaException">The text encoder is damaged; the message names it.</exception>
    public static T5Tokenizer Load(ChromaModelFiles files) => files.Tokenizer is not null
        ? T5Tokenizer.Load(files.Tokenizer)
        : new T5Tokenizer(VocabularyFile.OfTextEncoder(files.TextEncoder));
}
