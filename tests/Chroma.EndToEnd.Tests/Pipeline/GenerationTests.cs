using Chroma.Imaging;
using Chroma.Sampling;
using Chroma.Scheduling;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Pipeline;

public sealed class GenerationTests
{
    [Fact]
    public async Task A_prompt_gives_a_picture_of_the_size_asked_for_that_states_its_parameters()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();

        IReadOnlyList<ChromaImage> images = await pipeline.GenerateAsync("a red circle", TinyModel.Quick with { NegativePrompt = "blue" });

        ChromaImage image = Assert.Single(images);
        Assert.Equal((48, 32), (image.Width, image.Height));
        Assert.True(image.Pixels.Span.ToArray().Distinct().Count() > 8, "a picture of noise has many values");
        GenerationParameters parameters = ChromaImage.ReadParameters(image.Encode(ImageFormat.Png))!;
        Assert.Equal(("a red circle", "blue", 3, "euler", "flow_match"), (parameters.Prompt, parameters.NegativePrompt, parameters.Steps, parameters.Sampler, parameters.Scheduler));
        Assert.Equal((1ul, 48, 32, "chroma"), (parameters.Seed, parameters.Width, parameters.Height, parameters.Model));
    }

    [Fact]
    public async Task The_stages_called_one_by_one_give_the_picture_of_the_whole()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        GenerationOptions options = TinyModel.Quick;

        ChromaImage whole = (await pipeline.GenerateAsync("a red circle", options))[0];
        PromptEmbedding prompt = await pipeline.EncodePromptAsync("a red circle");
        PromptEmbedding negative = await pipeline.EncodePromptAsync("");
        FloatTensor latent = await pipeline.DenoiseAsync(ChromaPipeline.CreateNoise(options, 1), prompt, negative, options);
        ChromaImage staged = await pipeline.DecodeAsync(latent);

        Assert.Equal(whole.Pixels.ToArray(), staged.Pixels.ToArray());
        Assert.Equal(pipeline.Tokenizer.Encode("a red circle").Length + 1, prompt.States.Shape[1]);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_bits_for_any_number_of_threads_and_another_seed_another_picture()
    {
        using ChromaPipeline one = await TinyModel.LoadAsync(TinyModel.Options with { Threads = 1 });
        using ChromaPipeline two = await TinyModel.LoadAsync(TinyModel.Options with { Threads = 2 });

        byte[] first = await DrawAsync(one, TinyModel.Quick);

        Assert.Equal(first, await DrawAsync(one, TinyModel.Quick));
        Assert.Equal(first, await DrawAsync(two, TinyModel.Quick));
        Assert.NotEqual(first, await DrawAsync(one, TinyModel.Quick with { Seed = 2 }));
    }

    [Fact]
    public async Task Several_prompts_and_pictures_are_each_what_they_are_alone()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();

        IReadOnlyList<ChromaImage> images = await pipeline.GenerateAsync(["a red circle", "two"], TinyModel.Quick with { Count = 2 });

        Assert.Equal(4, images.Count);
        Assert.Equal([1ul, 2ul, 1ul, 2ul], images.Select(image => image.Parameters!.Seed!.Value));
        Assert.Equal(["a red circle", "a red circle", "two", "two"], images.Select(image => image.Parameters!.Prompt));
        ChromaImage alone = (await pipeline.GenerateAsync("two", TinyModel.Quick with { Seed = 2 }))[0];
        Assert.Equal(alone.Pixels.ToArray(), images[3].Pixels.ToArray());
    }

    [Fact]
    public async Task Guidance_mixes_the_two_passes_as_its_formula_says()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        GenerationOptions options = TinyModel.Quick with { Steps = 1, Guidance = 2.5f };
        FloatTensor noise = ChromaPipeline.CreateNoise(options, 5);
        PromptEmbedding prompt = await pipeline.EncodePromptAsync("a red circle on a blue background");
        PromptEmbedding negative = await pipeline.EncodePromptAsync("");

        FloatTensor conditional = await pipeline.DenoiseAsync(noise, prompt, null, options with { Guidance = 1 });
        FloatTensor unconditional = await pipeline.DenoiseAsync(noise, negative, null, options with { Guidance = 1 });
        FloatTensor guided = await pipeline.DenoiseAsync(noise, prompt, negative, options);

        float[] expected = [.. conditional.Span.ToArray().Zip(unconditional.Span.ToArray(), (c, u) => u + (2.5f * (c - u)))];
        Agree.WithinAbsolute(guided.Span, expected, 2e-5f, "guided");
        Assert.NotEqual(conditional.Span.ToArray(), guided.Span.ToArray());
    }

    [Fact]
    public async Task Loading_one_model_at_a_time_gives_the_same_picture_with_less_memory()
    {
        using ChromaPipeline keeping = await TinyModel.LoadAsync();
        using ChromaPipeline sparing = await TinyModel.LoadAsync(TinyModel.Options with { Memory = MemoryMode.OneAtATime });

        byte[] expected = await DrawAsync(keeping, TinyModel.Quick);

        Assert.Equal(expected, await DrawAsync(sparing, TinyModel.Quick));
        Assert.Equal(expected, await DrawAsync(sparing, TinyModel.Quick));
    }

    [Theory]
    [MemberData(nameof(SamplerNames))]
    public async Task Every_sampler_runs_in_the_pipeline(string sampler)
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();

        byte[] picture = await DrawAsync(pipeline, TinyModel.Quick with { Sampler = Samplers.BuiltIn.Create(sampler), Steps = 4 });

        Assert.NotEmpty(picture);
    }

    [Theory]
    [MemberData(nameof(SchedulerNames))]
    public async Task Every_scheduler_runs_in_the_pipeline(string scheduler)
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();

        byte[] picture = await DrawAsync(pipeline, TinyModel.Quick with { Scheduler = Schedulers.Get(scheduler), Schedule = null, Steps = 4 });

        Assert.NotEmpty(picture);
    }

    [Fact]
    public async Task A_picture_encoded_and_decoded_again_has_the_same_size()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        ChromaImage image = (await pipeline.GenerateAsync("a", TinyModel.Quick))[0];

        FloatTensor latent = await pipeline.EncodeImageAsync(image);

        Assert.Equal([1, 16, 4, 6], latent.Shape.ToArray());
        ChromaImage again = await pipeline.DecodeAsync(latent);
        Assert.Equal((image.Width, image.Height), (again.Width, again.Height));
    }

    public static TheoryData<string> SamplerNames => [.. Samplers.BuiltIn.Names];

    public static TheoryData<string> SchedulerNames => [.. Schedulers.All.Select(scheduler => scheduler.Name)];

    private static async Task<byte[]> DrawAsync(ChromaPipeline pipeline, GenerationOptions options) =>
        (await pipeline.GenerateAsync("a red circle", options))[0].Pixels.ToArray();
}
