using Chroma.EndToEnd.Tests.Nano.Judging;
using Chroma.Imaging;
using Chroma.Models;
using Chroma.Tensors;
using Chroma.Tokenization;
using Xunit;

namespace Chroma.EndToEnd.Tests.Nano;

/// <summary>The pictures know which tokens the networks see.</summary>
[Collection(NanoGroup.Name)]
public sealed class MaskTests(NanoFixture nano)
{
    private const int PaddedLength = 128;

    [Theory]
    [InlineData(TextMask.Key)]
    [InlineData(TextMask.None)]
    public async Task Without_a_padding_mask_the_score_falls(TextMask textMask)
    {
        const int count = 8;
        ScoreTable right = await nano.Quick.ScoreOfFirstAsync(count);

        ScoreTable wrong = ScoreTable.Of(nano.Prompts, await DrawAsync(count, textMask, (_, _) => true));

        Assert.True(wrong.All <= right.All - 0.25, $"{right}\n{wrong}");
    }

    [Fact]
    public async Task The_mask_of_the_prompt_and_one_padding_token_gives_the_pictures_of_the_pipeline()
    {
        IReadOnlyList<ChromaImage> expected = await nano.Quick.FirstAsync(2);

        ChromaImage[] masked = await DrawAsync(2, TextMask.Key, (token, promptLength) => token <= promptLength);

        Assert.All(expected.Zip(masked), pair => Assert.InRange(Difference.Between(pair.First, pair.Second), 0, Difference.OfRounding));
    }

    // Draws with prompts padded to a fixed length, of which the transformer sees the tokens that `isSeen` says (token, length of the prompt).
    private Task<ChromaImage[]> DrawAsync(int count, TextMask textMask, Func<int, int, bool> isSeen) => nano.Studio.DrawAsync(count, async (pipeline, i) =>
    {
        GenerationOptions options = nano.Quick.OptionsOf(i);
        PromptEmbedding prompt = Encode(pipeline, nano.Prompts[i].Prompt, textMask, isSeen), negative = Encode(pipeline, "", textMask, isSeen);
        return await pipeline.DecodeAsync(await pipeline.DenoiseAsync(ChromaPipeline.CreateNoise(options, (ulong)i), prompt, negative, options));
    });

    private static PromptEmbedding Encode(ChromaPipeline pipeline, string text, TextMask textMask, Func<int, int, bool> isSeen)
    {
        TokenizedPrompt prompt = pipeline.Tokenizer.EncodePrompt(text, PaddedLength);
        int[,] ids = new int[1, PaddedLength];
        bool[,] mask = new bool[1, PaddedLength];
        for (int i = 0; i < PaddedLength; i++)
        {
            mask[0, i] = i < prompt.Length;
            ids[0, i] = mask[0, i] ? prompt.Ids[i] : pipeline.Tokenizer.PadId;
        }

        FloatTensor states = pipeline.TextEncoder.Encode(ids, mask, textMask);
        int channels = states.Shape[2];
        int[] seen = [.. Enumerable.Range(0, PaddedLength).Where(token => isSeen(token, prompt.Length))];
        float[] kept = [.. seen.SelectMany(token => states.Span.Slice(token * channels, channels).ToArray())];
        return new PromptEmbedding(new FloatTensor(kept, 1, seen.Length, channels));
    }
}
