using System.Text.Json;
using Chroma.Testing;
using Chroma.Tokenization;
using Xunit;

namespace Chroma.Sdk.Tests.Tokenization;

/// <summary>Prompts with their ids, and the vocabularies to try them on.</summary>
internal static class TokenizerCases
{
    /// <summary>T5's own tokenizer.json, which stands beside the checkout on machines that have it.</summary>
    public static string RealTokenizer
    {
        get
        {
            string path = Path.Combine(Golden.Folder, "..", "..", "..", "shared", "reference", "t5-tokenizer", "tokenizer.json");
            Assert.SkipUnless(File.Exists(path), "T5's tokenizer.json is not at ../shared/reference/t5-tokenizer.");
            return path;
        }
    }

    public static string Tiny(string file) => Path.Combine(Golden.Folder, "tiny_tokenizer", file);

    /// <summary>The tiny vocabulary out of one of its three files.</summary>
    public static T5Tokenizer LoadTiny(string file) =>
        file.EndsWith(".gguf", StringComparison.Ordinal) ? new T5Tokenizer(GgufMetadata.ReadVocabulary(Tiny(file))) : T5Tokenizer.Load(Tiny(file));

    public static IEnumerable<(string Text, int[] Ids)> Read(string path)
    {
        foreach (string line in File.ReadLines(path))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            yield return (
                document.RootElement.GetProperty("text").GetString()!,
                [.. document.RootElement.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())]);
        }
    }

    /// <summary>Asserts that every prompt of a file gets its ids, and says which do not.</summary>
    public static void AssertAll(T5Tokenizer tokenizer, string path)
    {
        int count = 0;
        foreach ((string text, int[] ids) in Read(path))
        {
            count++;
            int[] actual = tokenizer.Encode(text);
            Assert.True(
                actual.SequenceEqual(ids),
                $"line {count}, {JsonSerializer.Serialize(text)}: is [{string.Join(", ", actual)}], expected [{string.Join(", ", ids)}]");
        }

        Assert.True(count > 30, $"only {count} prompts");
    }
}
