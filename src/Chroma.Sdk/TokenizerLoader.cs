using Chroma.Tokenization;

namespace Chroma;

/// <summary>Takes the tokenizer from where a model has it.</summary>
internal static class TokenizerLoader
{
    public static T5Tokenizer Load(ChromaModelFiles files)
    {
        if (files.Tokenizer is null && Path.GetExtension(files.TextEncoder) != ".gguf")
        {
            throw new FileNotFoundException(
                $"The text encoder '{files.TextEncoder}' carries no tokenizer: name a tokenizer.json, a spiece.model or a T5 GGUF.", files.TextEncoder);
        }

        return T5Tokenizer.Load(files.Tokenizer ?? files.TextEncoder);
    }
}
