using Chroma.Fuzz.Tests.Fuzzing;
using Chroma.Testing;
using Chroma.Tokenization;
using Xunit;

namespace Chroma.Fuzz.Tests;

/// <summary>Whatever a tokenizer file holds, it loads or is refused with <see cref="InvalidDataException"/>; and what loads can tokenize.</summary>
public sealed class TokenizerFuzzTests : IDisposable
{
    private static readonly string[] _prompts = ["", "a red circle", "ﬁne  ①\t\u0301x 日本語 😀 <extra_id_0></s>\ud800", new('a', 300)];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Tokenizer_json_loads_or_is_refused() => Fuzz(nameof(Tokenizer_json_loads_or_is_refused), "tokenizer.json", Fuzzer.Words(
        "\"model\"", "\"vocab\"", "\"unk_id\"", "\"added_tokens\"", "\"normalizer\"", "\"precompiled_charsmap\"", "\"Sequence\"", "\"Metaspace\"",
        "\"prepend_scheme\"", "\"byte_fallback\":true", "\"id\":2147483647", "\"normalized\":true", "\"<0x00>\"", "-1e308", "\"lstrip\":true"));

    [Fact]
    public void Spiece_model_loads_or_is_refused() => Fuzz(nameof(Spiece_model_loads_or_is_refused), "spiece.model", Fuzzer.Words(
        "\n\u0004\n\u0002ab", "<unk>", "</s>", "<0x41>", "<extra_id_0>", "\u0018\u0006"));

    [Fact]
    public void Gguf_vocabulary_loads_or_is_refused() => Fuzz(nameof(Gguf_vocabulary_loads_or_is_refused), "vocabulary.gguf", Fuzzer.Words(
        "tokenizer.ggml.model", "tokenizer.ggml.scores", "tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "tokenizer.ggml.eos_token_id", "t5"));

    private void Fuzz(string name, string file, byte[][] words) => new Fuzzer(
        name, [File.ReadAllBytes(Golden.PathOf("tiny_tokenizer/" + file))], words, Read, error => error is InvalidDataException)
    {
        // The scratch of a trie with a branch of 256 children for each byte of a piece.
        AllowedBytesPerByte = 4000,
    }.Run();

    private void Read(byte[] input)
    {
        T5Tokenizer tokenizer = T5Tokenizer.Load(_folder.Write("tokenizer", input));
        foreach (string prompt in _prompts)
        {
            int[] ids = tokenizer.Encode(prompt);
            Assert.Equal(tokenizer.EndId, ids[^1]);
            Assert.All(ids, id => Assert.InRange(id, 0, tokenizer.VocabularySize - 1));
            Assert.NotNull(tokenizer.Decode(ids));
            Assert.InRange(tokenizer.EncodePrompt(prompt, 5).Length, 1, 5);
        }
    }
}
