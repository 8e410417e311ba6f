using System.Numerics.Tensors;
using Chroma.EndToEnd.Tests.Nano.Judging;
using Chroma.Imaging;
using Chroma.Sampling;
using Chroma.Tensors;
using Xunit;

namespace Chroma.EndToEnd.Tests.Nano;

/// <summary>A picture is the same whether it is drawn alone or with others.</summary>
[Collection(NanoGroup.Name)]
public sealed class BatchTests(NanoFixture nano)
{
    private const int Count = 4;

    [Fact]
    public async Task Several_prompts_in_one_call_give_the_pictures_of_each_alone()
    {
        ChromaImage alone = (await nano.Quick.FirstAsync(1))[0];

        IReadOnlyList<ChromaImage> together = await nano.Studio.Pipeline.GenerateAsync([nano.Prompts[1].Prompt, nano.Prompts[0].Prompt], nano.Quick.OptionsOf(0));

        Assert.Equal(alone.Pixels.ToArray(), together[1].Pixels.ToArray());
    }

    [Fact]
    public async Task Latents_of_several_prompts_in_one_batch_of_the_transformer_give_the_pictures_of_each_alone()
    {
        IReadOnlyList<ChromaImage> alone = await nano.Quick.FirstAsync(Count);

        FloatTensor latents = await DenoiseTogetherAsync(nano.Studio.Pipeline, nano.Quick.OptionsOf(0));

        int length = latents.Length / Count;
        for (int i = 0; i < Count; i++)
        {
            FloatTensor latent = new(latents.Span.Slice(i * length, length).ToArray(), [1, .. latents.Shape[1..]]);
            ChromaImage picture = await nano.Studio.Pipeline.DecodeAsync(latent);
            Assert.InRange(Difference.Between(alone[i], picture), 0, Difference.OfRounding);
        }
    }

    // Euler's method with guidance as it stands in a book: all prompts and as many empty ones are one batch of the transformer.
    private async Task<FloatTensor> DenoiseTogetherAsync(ChromaPipeline pipeline, GenerationOptions options)
    {
        List<PromptEmbedding> prompts = [];
        foreach (string text in nano.Prompts.Take(Count).Select(asked => asked.Prompt).Concat(Enumerable.Repeat("", Count)))
        {
            prompts.Add(await pipeline.EncodePromptAsync(text));
        }

        (FloatTensor context, bool[,] mask) = Pad(prompts);
        FloatTensor[] noise = [.. Enumerable.Range(0, Count).Select(i => ChromaPipeline.CreateNoise(options, (ulong)i))];
        FloatTensor x = new([.. noise.SelectMany(one => one.Span.ToArray())], [Count, .. noise[0].Shape[1..]]);
        float[] sigmas = options.Scheduler.GetSigmas(options.Steps, options.Schedule);
        for (int step = 0; step < options.Steps; step++)
        {
            FloatTensor twice = new([.. x.Span, .. x.Span], [2 * Count, .. x.Shape[1..]]);
            FloatTensor velocity = pipeline.Transformer.Forward(twice, Enumerable.Repeat(sigmas[step], 2 * Count).ToArray(), context, mask);
            Span<float> conditional = velocity.Span[..x.Length];
            Guidance.Combine(velocity.Span[x.Length..], conditional, options.Guidance, conditional);
            TensorPrimitives.MultiplyAdd(conditional, sigmas[step + 1] - sigmas[step], x.Span, x.Span);
        }

        return x;
    }

    private static (FloatTensor Context, bool[,] Mask) Pad(List<PromptEmbedding> prompts)
    {
        int tokens = prompts.Max(prompt => prompt.States.Shape[1]), channels = prompts[0].States.Shape[2];
        FloatTensor context = new(prompts.Count, tokens, channels);
        bool[,] mask = new bool[prompts.Count, tokens];
        for (int i = 0; i < prompts.Count; i++)
        {
            prompts[i].States.Span.CopyTo(context.Span[(i * tokens * channels)..]);
            for (int token = 0; token < prompts[i].States.Shape[1]; token++)
            {
                mask[i, token] = true;
            }
        }

        return (context, mask);
    }
}
