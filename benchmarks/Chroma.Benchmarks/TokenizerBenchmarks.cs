using BenchmarkDotNet.Attributes;
using Chroma.Tokenization;

namespace Chroma.Benchmarks;

/// <summary>
/// The tokenizer on prompts. CHROMA_TOKENIZER names a tokenizer.json, spiece.model or T5 GGUF to measure with, such as T5's own of 32,100 pieces;
/// without it, it is chroma-nano's small one.
/// </summary>
[MemoryDiagnoser]
public class TokenizerBenchmarks
{
    private const string Sentence = "A lighthouse in fog at dawn, seen from the water, with gulls over the rocks and one lit window; muted colours, film grain. ";

    private static readonly string _path =
        Environment.GetEnvironmentVariable("CHROMA_TOKENIZER") ?? Path.Combine(ChromaNano.Folder, "chroma-nano-t5.gguf");

    private readonly string _long = string.Concat(Enumerable.Repeat(Sentence, 16));
    private T5Tokenizer? _tokenizer;

    /// <summary>Loads the tokenizer.</summary>
    [GlobalSetup]
    public void Load() => _tokenizer = T5Tokenizer.Load(_path);

    /// <summary>Reading the vocabulary.</summary>
    [Benchmark]
    public int LoadVocabulary() => T5Tokenizer.Load(_path).VocabularySize;

    /// <summary>A prompt of one sentence.</summary>
    [Benchmark]
    public int[] EncodeSentence() => _tokenizer!.Encode(Sentence);

    /// <summary>A prompt of sixteen sentences.</summary>
    [Benchmark]
    public int[] EncodePage() => _tokenizer!.Encode(_long);
}
