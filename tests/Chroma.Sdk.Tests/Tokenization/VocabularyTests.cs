using System.Text;
using System.Text.Json.Nodes;
using Chroma.Tokenization;
using Xunit;

namespace Chroma.Sdk.Tests.Tokenization;

public sealed class VocabularyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chroma-tokenizer").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("spiece.model")]
    public void A_file_cut_at_any_place_is_refused_with_its_name(string form)
    {
        byte[] whole = File.ReadAllBytes(TokenizerCases.Tiny(form));
        foreach (int length in Enumerable.Range(0, 60).Concat(Enumerable.Range(1, 40).Select(part => (whole.Length - 2) * part / 40)))
        {
            string path = Write(form, whole[..length]);
            try
            {
                // A model cut between two of its fields is a shorter model; it may load, if it holds what T5 needs.
                T5Tokenizer tokenizer = T5Tokenizer.Load(path);
                Assert.Equal("spiece.model", form);
                Assert.Equal(1, tokenizer.EndId);
            }
            catch (InvalidDataException error)
            {
                Assert.Contains(path, error.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Bytes_changed_at_random_never_do_worse_than_an_error()
    {
        Random random = new(7);
        foreach (string form in new[] { "tokenizer.json", "spiece.model" })
        {
            byte[] whole = File.ReadAllBytes(TokenizerCases.Tiny(form));
            for (int round = 0; round < 200; round++)
            {
                byte[] changed = [.. whole];
                for (int i = 0; i < 4; i++)
                {
                    changed[random.Next(changed.Length)] = (byte)random.Next(256);
                }

                try
                {
                    Assert.NotEmpty(T5Tokenizer.Load(Write(form, changed)).Encode("ﬁ cat e\u0301\u0323 日 </s> 😀"));
                }
                catch (InvalidDataException)
                {
                    // One clear sentence, which is all that is asked for.
                }
            }
        }
    }

    [Fact]
    public void Every_error_of_a_tokenizer_json_names_the_file()
    {
        JsonNode root = JsonNode.Parse(File.ReadAllBytes(TokenizerCases.Tiny("tokenizer.json")))!;
        string path = Path.Combine(_folder, "tokenizer.json");
        string[] values = ["null", "-1", "2147483647", "1e400", "\"x\"", "\"\\ud800\"", "[]", "{}"];
        int refused = 0;
        foreach (JsonNode node in NodesOf(root).ToArray())
        {
            foreach (string value in values)
            {
                string json = TextWith(root, node, value);
                File.WriteAllText(path, json);
                try
                {
                    Assert.NotEmpty(T5Tokenizer.Load(path).Encode("a cat"));
                }
                catch (InvalidDataException error)
                {
                    Assert.Contains(path, error.Message, StringComparison.Ordinal);
                    refused++;
                }
            }
        }

        Assert.InRange(refused, 80, int.MaxValue);
    }

    [Fact]
    public void A_name_in_a_tokenizer_json_that_is_no_text_is_refused_with_the_file()
    {
        string json = File.ReadAllText(TokenizerCases.Tiny("tokenizer.json"));
        int at = json.IndexOf("\"content\"", json.IndexOf("added_tokens", StringComparison.Ordinal), StringComparison.Ordinal);

        string path = Write("tokenizer.json", Encoding.UTF8.GetBytes(json.Insert(at, "\"\\ud800\": 1, ")));

        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => T5Tokenizer.Load(path)).Message, StringComparison.Ordinal);
    }

    // The tree without most of the vocabulary, which is many times the same.
    private static IEnumerable<JsonNode> NodesOf(JsonNode node)
    {
        IEnumerable<JsonNode?> children = node switch
        {
            JsonObject group => group.Select(member => member.Value),
            JsonArray { Count: > 8 } list => list.Take(2),
            JsonArray list => list,
            _ => [],
        };
        return children.Where(child => child is not null).SelectMany(child => NodesOf(child!)).Append(node);
    }

    private static string TextWith(JsonNode root, JsonNode node, string value)
    {
        const string Mark = "the place that changes";
        if (node == root)
        {
            return value;
        }

        JsonNode marked = JsonNode.Parse(root.ToJsonString())!;
        string[] steps = [.. Steps(node).Reverse()];
        JsonNode parent = marked;
        foreach (string step in steps[..^1])
        {
            parent = parent is JsonArray list ? list[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)]! : parent[step]!;
        }

        if (parent is JsonArray items)
        {
            items[int.Parse(steps[^1], System.Globalization.CultureInfo.InvariantCulture)] = Mark;
        }
        else
        {
            parent[steps[^1]] = Mark;
        }

        return marked.ToJsonString().Replace($"\"{Mark}\"", value, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Steps(JsonNode node)
    {
        for (JsonNode at = node; at.Parent is { } parent; at = parent)
        {
            yield return parent is JsonArray list ? list.IndexOf(at).ToString(System.Globalization.CultureInfo.InvariantCulture) : at.GetPropertyName();
        }
    }

    [Theory]
    [InlineData("{}", "without a \"model\"")]
    [InlineData("[1, 2]", "without a \"model\"")]
    [InlineData("""{"model": {"type": "BPE", "vocab": {}}}""", "of the kind BPE")]
    [InlineData("""{"model": {"type": "Unigram", "vocab": []}}""", "unk_id")]
    [InlineData("""{"model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", "b"]]}}""", "at place 0")]
    [InlineData("not json at all", "not a SentencePiece model")]
    [InlineData("   ", "is empty")]
    [InlineData("GGUF....", "is a GGUF file of version")]
    public void A_file_of_another_kind_is_named_and_explained(string content, string expected)
    {
        string path = Write("some.file", Encoding.UTF8.GetBytes(content));
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => T5Tokenizer.Load(path));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("pre_tokenizer", """{"type": "ByteLevel"}""", "pre-tokenizer")]
    [InlineData("pre_tokenizer", "null", "pre-tokenizer")]
    [InlineData("normalizer", """{"type": "Lowercase"}""", "Lowercase")]
    [InlineData("normalizer", """{"type": "Precompiled", "precompiled_charsmap": "!"}""", "base64")]
    [InlineData("normalizer", """{"type": "Precompiled", "precompiled_charsmap": "AAAA"}""", "character map")]
    [InlineData("added_tokens", """[{"content": "x"}]""", "added tokens")]
    public void A_part_of_tokenizer_json_that_T5_does_not_have_is_named(string key, string value, string expected)
    {
        string path = EditedJson(root => root[key] = JsonNode.Parse(value));
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => T5Tokenizer.Load(path));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vocabulary_without_an_end_token_is_refused()
    {
        string path = EditedJson(root => root["model"]!["vocab"]![1]![0] = "<end>");
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => T5Tokenizer.Load(path));
        Assert.Contains("</s>", error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_of_different_lengths_or_ids_outside_are_refused()
    {
        SentencePieceVocabulary good = new() { Pieces = ["<pad>", "</s>", "<unk>", "a"], Scores = [0, 0, 0, -1] };
        Assert.Equal([3, 1], new T5Tokenizer(good with { AddSpacePrefix = false }).Encode("a"));
        Assert.Throws<InvalidDataException>(() => new T5Tokenizer(good with { Scores = [0, 0] }));
        Assert.Throws<InvalidDataException>(() => new T5Tokenizer(good with { Scores = [0, 0, 0, double.NaN] }));
        Assert.Throws<InvalidDataException>(() => new T5Tokenizer(good with { Types = [PieceType.Normal] }));
        Assert.Throws<InvalidDataException>(() => new T5Tokenizer(good with { EndId = 4 }));
        Assert.Throws<InvalidDataException>(() => new T5Tokenizer(good with { UnknownId = -1 }));
        Assert.Throws<InvalidDataException>(() => new T5Tokenizer(good with { Pieces = [], Scores = [] }));
    }

    [Fact]
    public void A_file_far_too_large_is_refused_before_it_is_read()
    {
        string path = Path.Combine(_folder, "tokenizer.json");
        using (FileStream stream = File.Create(path))
        {
            stream.SetLength(1L << 32);
        }

        Assert.Contains("4096 MiB", Assert.Throws<InvalidDataException>(() => T5Tokenizer.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_searched_for_either_file()
    {
        Assert.Throws<FileNotFoundException>(() => T5Tokenizer.Load(_folder));
        Assert.Throws<FileNotFoundException>(() => T5Tokenizer.Load(Path.Combine(_folder, "missing.json")));
        Write("spiece.model", File.ReadAllBytes(TokenizerCases.Tiny("spiece.model")));
        Assert.Equal(399, T5Tokenizer.Load(_folder).VocabularySize);
    }

    [Fact]
    public void The_older_form_of_tokenizer_json_puts_a_word_mark_after_special_tokens_as_well()
    {
        string path = EditedJson(root => root["pre_tokenizer"] = JsonNode.Parse("""
            {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "▁", "add_prefix_space": true}]}
            """));
        T5Tokenizer older = T5Tokenizer.Load(path);
        T5Tokenizer newer = TokenizerCases.LoadTiny("tokenizer.json");
        Assert.Equal(newer.Encode("a cat, a dog"), older.Encode(" a   cat,\n a dog "));
        Assert.Equal(newer.Encode("cat</s> dog"), older.Encode("cat</s>dog"));
    }

    [Fact]
    public void Added_tokens_obey_their_flags()
    {
        SentencePieceVocabulary vocabulary = new()
        {
            Pieces = ["<pad>", "</s>", "<unk>", "\u2581", "a", "b"],
            Scores = [0, 0, 0, -1, -1, -1],
            AddedTokens =
            [
                new AddedToken("[one]", 10) { SingleWord = true },
                new AddedToken("[left]", 11) { StripLeft = true },
                new AddedToken("[right]", 12) { StripRight = true },
                new AddedToken("[on", 13),
                new AddedToken("word", 14) { SingleWord = true },
            ],
        };
        T5Tokenizer tokenizer = new(vocabulary);
        Assert.Equal([3, 4, 11, 3, 5, 1], tokenizer.Encode("a  [left] b"));
        Assert.Equal([3, 4, 12, 5, 1], tokenizer.Encode("a [right]  b"));
        Assert.Equal([3, 4, 10, 3, 5, 1], tokenizer.Encode("a [one] b"));
        Assert.Equal([14, 3, 4, 1], tokenizer.Encode("word a"));
        Assert.Equal([3, 4, 2, 1], tokenizer.Encode("aword"));
        Assert.Equal(15, tokenizer.VocabularySize);
    }

    private string EditedJson(Action<JsonNode> edit)
    {
        JsonNode root = JsonNode.Parse(File.ReadAllBytes(TokenizerCases.Tiny("tokenizer.json")))!;
        edit(root);
        return Write("tokenizer.json", Encoding.UTF8.GetBytes(root.ToJsonString()));
    }

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
