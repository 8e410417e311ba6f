using Chroma.Testing;
using Chroma.Tokenization;
using Microsoft.ML.Tokenizers;
using Xunit;

namespace Chroma.Sdk.Tests.Tokenization;

public sealed class T5TokenizerTests
{
    [Theory]
    [InlineData("10_tokenizer.jsonl")]
    [InlineData("10_tokenizer_generated.jsonl")]
    public void Ids_of_the_real_vocabulary_equal_Hugging_Faces(string file) =>
        TokenizerCases.AssertAll(T5Tokenizer.Load(TokenizerCases.RealTokenizer), Golden.PathOf(file));

    [Theory]
    [InlineData("10_tokenizer.jsonl")]
    [InlineData("10_tokenizer_generated.jsonl")]
    public void The_published_32000_pieces_with_types_get_their_sentinels_and_give_the_same_ids(string file)
    {
        SentencePieceVocabulary json = SentencePieceVocabulary.Load(TokenizerCases.RealTokenizer);
        SentencePieceVocabulary published = new()
        {
            Pieces = [.. json.Pieces.Take(32000)],
            Scores = [.. json.Scores.Take(32000).Select(score => (double)(float)score)],
            Types = [.. Enumerable.Range(0, 32000).Select(id => id < 2 ? PieceType.Control : id == 2 ? PieceType.Unknown : PieceType.Normal)],
            PrecompiledCharsMap = json.PrecompiledCharsMap,
        };
        TokenizerCases.AssertAll(new T5Tokenizer(published), Golden.PathOf(file));

        // Converters to GGUF fill the table up to the embedding's 32,128 rows with unused names of a very low score.
        SentencePieceVocabulary filled = published with
        {
            Pieces = [.. published.Pieces, .. Enumerable.Range(32000, 128).Select(id => $"[PAD{id}]")],
            Scores = [.. published.Scores, .. Enumerable.Repeat(-10000.0, 128)],
            Types = [.. published.Types, .. Enumerable.Repeat(PieceType.Unused, 128)],
        };
        TokenizerCases.AssertAll(new T5Tokenizer(filled), Golden.PathOf(file));
    }

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("spiece.model")]
    [InlineData("vocabulary.gguf")]
    public void All_three_forms_of_a_vocabulary_give_Hugging_Faces_ids(string form) =>
        TokenizerCases.AssertAll(TokenizerCases.LoadTiny(form), TokenizerCases.Tiny("huggingface.jsonl"));

    [Fact]
    public void Sentencepiece_itself_differs_only_in_special_tokens_stacked_marks_and_typed_word_marks()
    {
        T5Tokenizer tokenizer = TokenizerCases.LoadTiny("spiece.model");
        string[] differing = [.. TokenizerCases.Read(TokenizerCases.Tiny("sentencepiece.jsonl"))
            .Where(line => !tokenizer.Encode(line.Text).SequenceEqual(line.Ids))
            .Select(line => line.Text)];
        Assert.Equal(
            ["e\u0301\u0323 stacked marks", "</s>", "cat</s>dog", "cat </s> dog  ", "x<pad>y", "<unk>", "＜/s＞", "\u2581under\u2581score"],
            differing);
    }

    [Fact]
    public void The_librarys_own_sentencepiece_tokenizer_agrees_on_plain_text()
    {
        // The library cannot load a model without <s>: in place of bos_id = -1 (field 41, ten bytes) the test gives it 0 in as many bytes.
        byte[] model = File.ReadAllBytes(TokenizerCases.Tiny("spiece.model"));
        int bosId = model.AsSpan().IndexOf<byte>([0xC8, 0x02, 0xFF]);
        Assert.True(bosId > 0);
        byte[] patched = [.. model];
        new byte[] { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00 }.CopyTo(patched, bosId + 2);
        using MemoryStream stream = new(patched);
        SentencePieceTokenizer library = SentencePieceTokenizer.Create(stream, addBeginningOfSentence: false, addEndOfSentence: true);
        T5Tokenizer ours = TokenizerCases.LoadTiny("spiece.model");
        foreach (string text in new[] { "a cat", "the harbour, cinematic photograph", "walking through deep snow, muted colours, no. 37!" })
        {
            Assert.Equal(library.EncodeToIds(text), ours.Encode(text));
        }
    }

    [Fact]
    public void Half_a_surrogate_pair_counts_as_the_replacement_character()
    {
        T5Tokenizer tokenizer = TokenizerCases.LoadTiny("tokenizer.json");
        Assert.Equal(tokenizer.Encode("a \uFFFD cat"), tokenizer.Encode("a \uD83D cat"));
        Assert.Equal(tokenizer.Encode("cat\uFFFD"), tokenizer.Encode("cat\uDE00"));
        Assert.Equal(tokenizer.Encode("\uFFFD</s>\uFFFD"), tokenizer.Encode("\uD83D</s>\uDE00"));
    }

    [Fact]
    public void A_prompt_that_is_too_long_keeps_its_end_token_and_says_so()
    {
        T5Tokenizer tokenizer = TokenizerCases.LoadTiny("spiece.model");
        int[] all = tokenizer.Encode("walking through deep snow");
        TokenizedPrompt cut = tokenizer.EncodePrompt("walking through deep snow", all.Length - 1);
        Assert.True(cut.IsTruncated);
        Assert.Equal(all.Length, cut.UntruncatedLength);
        Assert.Equal([.. all[..^2], tokenizer.EndId], cut.Ids);

        TokenizedPrompt whole = tokenizer.EncodePrompt("walking through deep snow", all.Length);
        Assert.False(whole.IsTruncated);
        Assert.Equal(all, whole.Ids);
        Assert.Equal([tokenizer.EndId], tokenizer.EncodePrompt("a cat", 1).Ids);
        Assert.Equal(T5Tokenizer.DefaultMaxLength, tokenizer.EncodePrompt(new string('q', 5000)).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.EncodePrompt("a cat", 0));
    }

    [Fact]
    public void A_batch_is_filled_up_and_its_mask_counts_tokens_rather_than_ids()
    {
        T5Tokenizer tokenizer = TokenizerCases.LoadTiny("spiece.model");
        TokenBatch batch = tokenizer.EncodeBatch(["<pad>", "a cat", ""], padTo: 6);
        int[] cat = tokenizer.Encode("a cat");
        Assert.Equal(6, batch.Length);
        Assert.Equal([0, 1, 0, 0, 0, 0], batch.Ids[..6]);
        Assert.Equal([1, 1, 0, 0, 0, 0], batch.AttentionMask[..6]);
        Assert.Equal([.. cat, .. new int[6 - cat.Length]], batch.Ids[6..12]);
        Assert.Equal([1, 0, 0, 0, 0, 0], batch.AttentionMask[12..]);

        Assert.Equal(cat.Length, tokenizer.EncodeBatch(["", "a cat"]).Length);
        Assert.True(tokenizer.EncodeBatch(["a cat"], padTo: 2).Prompts[0].IsTruncated);
        Assert.Equal(0, tokenizer.EncodeBatch([]).Length);
    }

    [Fact]
    public void It_serves_as_a_tokenizer_of_the_library()
    {
        T5Tokenizer concrete = TokenizerCases.LoadTiny("tokenizer.json");
        Tokenizer tokenizer = concrete;
        const string Text = "a  cat</s> ﬁre 日 😀";
        IReadOnlyList<EncodedToken> tokens = tokenizer.EncodeToTokens(Text, out string? normalized);
        Assert.Equal(concrete.Encode(Text), tokens.Select(token => token.Id));
        Assert.Equal(concrete.Encode(Text), tokenizer.EncodeToIds(Text));
        Assert.Equal(tokens.Count, tokenizer.CountTokens(Text));
        Assert.Equal("\u2581a\u2581cat</s>\u2581fire\u2581日\u2581😀", normalized);
        Assert.Equal(normalized, string.Concat(tokens.Select(token => normalized![token.Offset])));

        IReadOnlyList<int> few = tokenizer.EncodeToIds(Text, 3, out _, out int consumed);
        Assert.Equal(concrete.Encode(Text)[..3], few);
        Assert.Equal(tokens[2].Offset.End.Value, consumed);
    }

    [Theory]
    [InlineData("a cat", "a cat")]
    [InlineData("  a  cat ", "a cat")]
    [InlineData("cat</s>dog", "catdog")]
    [InlineData("日本 😀 ok", "日本 😀 ok")]
    [InlineData("", "")]
    public void Decoding_gives_the_normalized_text_back(string text, string expected)
    {
        T5Tokenizer tokenizer = TokenizerCases.LoadTiny("spiece.model");
        Assert.Equal(expected, tokenizer.Decode(tokenizer.Encode(text)));
        char[] room = new char[64];
        Assert.Equal(System.Buffers.OperationStatus.Done, tokenizer.Decode(tokenizer.Encode(text), room, out int ids, out int chars));
        Assert.Equal(expected, new string(room, 0, chars));
        Assert.Equal(tokenizer.Encode(text).Length, ids);
    }

    [Fact]
    public void Decoding_into_too_little_room_stops_at_a_token()
    {
        T5Tokenizer tokenizer = TokenizerCases.LoadTiny("spiece.model");
        int[] ids = tokenizer.Encode("a cat, a cat, a cat");
        Assert.Equal(System.Buffers.OperationStatus.DestinationTooSmall, tokenizer.Decode(ids, new char[7], out int consumed, out int written));
        Assert.InRange(written, 1, 7);
        Assert.Equal("a cat, a cat, a cat"[..written], tokenizer.Decode(ids[..consumed]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([99999]));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("日")]
    [InlineData("e\u0301")]
    [InlineData("\u0301")]
    [InlineData("<extra_id_")]
    [InlineData("</s>")]
    [InlineData("  ")]
    [InlineData("\u2581")]
    [InlineData("🇯")]
    public void A_prompt_of_a_million_characters_takes_linear_time(string unit)
    {
        T5Tokenizer tokenizer = TokenizerCases.LoadTiny("tokenizer.json");
        string text = string.Concat(Enumerable.Repeat(unit, 1_000_000 / unit.Length));
        System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.NotEmpty(tokenizer.Encode(text));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"took {watch.Elapsed}");
    }
}
