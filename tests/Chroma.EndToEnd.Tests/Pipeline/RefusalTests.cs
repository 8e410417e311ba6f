using Chroma.Imaging;
using Chroma.Models;
using Chroma.Noise;
using Chroma.Sampling;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Pipeline;

/// <summary>What cannot be drawn is refused by the name of the argument or option, and before anything is computed.</summary>
public sealed class RefusalTests
{
    public static TheoryData<string, Func<ChromaPipelineOptions, ChromaPipelineOptions>> ImpossibleLoads => new()
    {
        { "Memory", options => options with { Memory = (MemoryMode)99 } },
        { "Kernels", options => options with { Kernels = (CpuKernels)99 } },
        { "WeightType", options => options with { WeightType = (WeightType)99 } },
        { "WeightType", options => options with { WeightType = WeightType.I32 } },
        { "Threads", options => options with { Threads = -1 } },
        { "Threads", options => options with { Threads = int.MaxValue } },
        { "MaximumTokens", options => options with { MaximumTokens = 0 } },
        { "MaximumTokens", options => options with { MaximumTokens = 4097 } },
        { "Device", options => options with { Device = "" } },
        { "Device", options => options with { Device = "cpu\0" } },
        { "RopeAxes", options => options with { RopeAxes = new RopeAxes(-2, 8, 8) } },
    };

    public static TheoryData<string, Func<GenerationOptions, GenerationOptions>> ImpossibleDrawings => new()
    {
        { "Scheduler", options => options with { Scheduler = new UserScheduler(_ => null) } },
        { "Scheduler", options => options with { Scheduler = new UserScheduler(_ => []) } },
        { "Scheduler", options => options with { Scheduler = new UserScheduler(_ => [1]) } },
        { "Scheduler", options => options with { Scheduler = new UserScheduler(_ => [1, float.NaN, 0]) } },
        { "Scheduler", options => options with { Scheduler = new UserScheduler(_ => [0.5f, 0.9f, 0]) } },
        { "Scheduler", options => options with { Scheduler = new UserScheduler(_ => [1, 0.5f, 0.5f, 0]) } },
        { "Scheduler", options => options with { Scheduler = new UserScheduler(_ => [float.PositiveInfinity, 0]) } },
        { "Scheduler", options => options with { Scheduler = new UserScheduler(_ => [1, -0.5f]) } },
        { "Noise", options => options with { Noise = _ => null! } },
        { "Noise", options => options with { Noise = _ => new UserNoise(to => to.Fill(float.NaN)) } },
        { "Width", options => options with { Width = 4096, Height = 4096 } },
        { "Width", options => options with { Width = int.MinValue } },
        { "Height", options => options with { Height = 4097 } },
        { "Guidance", options => options with { Guidance = float.PositiveInfinity } },
        { "CacheThreshold", options => options with { CacheThreshold = float.NegativeInfinity } },
        { "TextMask", options => options with { TextMask = (TextMask)99 } },
        { "Schedule", options => options with { Schedule = new() { Mu = double.NaN } } },
        { "Sampler", options => options with { Sampler = null! } },
        { "Scheduler", options => options with { Scheduler = null! } },
        { "Noise", options => options with { Noise = null! } },
        { "NegativePrompt", options => options with { NegativePrompt = null! } },
    };

    [Theory]
    [MemberData(nameof(ImpossibleLoads))]
    public async Task An_impossible_option_of_a_pipeline_is_refused_by_name(string name, Func<ChromaPipelineOptions, ChromaPipelineOptions> change)
    {
        // The files do not exist, so nothing can have been read.
        ChromaModelFiles files = new() { Transformer = "/no/t", TextEncoder = "/no/e", Autoencoder = "/no/a" };

        ArgumentException error = await Assert.ThrowsAnyAsync<ArgumentException>(() => ChromaPipeline.LoadAsync(files, change(TinyModel.Options)));

        Assert.Equal(name, error.ParamName);
        Assert.Equal(name, (await Assert.ThrowsAnyAsync<ArgumentException>(() => ChromaPipeline.LoadAsync("/no", change(TinyModel.Options)))).ParamName);
    }

    [Theory]
    [MemberData(nameof(ImpossibleDrawings))]
    public async Task An_impossible_drawing_is_refused_by_name_before_the_prompt_is_encoded(string name, Func<GenerationOptions, GenerationOptions> change)
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        using TapSession encoder = pipeline.TextEncoder.Tap("*", (layer, _) => Assert.Fail($"T5 ran: {layer}"));

        ArgumentException error = await Assert.ThrowsAnyAsync<ArgumentException>(() => pipeline.GenerateAsync("a", change(TinyModel.Quick)));

        Assert.Equal(name, error.ParamName);
    }

    [Fact]
    public async Task A_prompt_and_a_picture_that_are_too_much_together_are_refused_before_the_prompt_is_encoded()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync(TinyModel.Options with { MaximumTokens = 4096 });
        using TapSession encoder = pipeline.TextEncoder.Tap("*", (layer, _) => Assert.Fail($"T5 ran: {layer}"));

        ArgumentException error = await Assert.ThrowsAnyAsync<ArgumentException>(
            () => pipeline.GenerateAsync(string.Join(' ', Enumerable.Repeat("red", 3000)), TinyModel.Quick with { Width = 4096, Height = 2032 }));

        Assert.Equal("prompts", error.ParamName);
        Assert.Contains("32768", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Arguments_of_every_member_are_checked_at_once()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        PromptEmbedding prompt = await pipeline.EncodePromptAsync("a");
        PromptEmbedding other = new(new FloatTensor(1, 3, 41));
        FloatTensor latent = new(1, 16, 4, 6);
        FloatTensor broken = latent.Clone();
        broken.Span[7] = float.NaN;
        GenerationOptions plain = TinyModel.Quick with { Guidance = 1 };

        void Refused(string name, Func<Task> call) => Assert.Equal(name, Assert.ThrowsAnyAsync<ArgumentException>(call).GetAwaiter().GetResult().ParamName);

        Refused("prompts", () => pipeline.GenerateAsync((IReadOnlyList<string>)null!));
        Refused("prompts", () => pipeline.GenerateAsync([null!]));
        Refused("prompts", () => pipeline.GenerateAsync((string)null!));
        Refused("prompt", () => pipeline.EncodePromptAsync(null!));
        Refused("textMask", () => pipeline.EncodePromptAsync("a", (TextMask)99));
        Refused("paddingTokens", () => pipeline.EncodePromptAsync("a", paddingTokens: -1));
        Refused("paddingTokens", () => pipeline.EncodePromptAsync("a", paddingTokens: int.MaxValue));
        foreach (FloatTensor wrong in new FloatTensor[]
        {
            new(16, 4, 6), new(4, 6), new(), new(1, 1, 16, 4, 6), new(1, 4, 4, 6), new(2, 16, 4, 6), new(1, 16, 3, 6), new(1, 16, 4, 5), new(1, 16, 0, 6),
            new(0, 16, 4, 6), new(1, 16, 2, 65538), broken,
        })
        {
            Refused("latent", () => pipeline.DenoiseAsync(wrong, prompt, null, plain));
        }

        Refused("prompt", () => pipeline.DenoiseAsync(new FloatTensor(1, 16, 2, 65536), prompt, null, plain));
        Refused("latent", () => pipeline.DenoiseAsync(null!, prompt, null, plain));
        Refused("prompt", () => pipeline.DenoiseAsync(latent, null!, null, plain));
        Refused("prompt", () => pipeline.DenoiseAsync(latent, other, null, plain));
        Refused("negativePrompt", () => pipeline.DenoiseAsync(latent, prompt, other, TinyModel.Quick));
        Refused("negativePrompt", () => pipeline.DenoiseAsync(latent, prompt, null, TinyModel.Quick));
        Refused("latent", () => pipeline.DecodeAsync(null!));
        Refused("latent", () => pipeline.DecodeAsync(new FloatTensor(16, 4, 6)));
        Refused("latent", () => pipeline.DecodeAsync(new FloatTensor(2, 16, 4, 6)));
        Refused("latent", () => pipeline.DecodeAsync(new FloatTensor(1, 16, 1, 4096)));
        Refused("latent", () => pipeline.DecodeAsync(broken));
        Refused("image", () => pipeline.EncodeImageAsync(null!));
        Refused("image", () => pipeline.EncodeImageAsync(new ChromaImage(1, 20_000, new byte[60_000])));
        Assert.Equal("options", Assert.Throws<ArgumentNullException>(() => ChromaPipeline.CreateNoise(null!, 1)).ParamName);
        Assert.Equal("Width", Assert.ThrowsAny<ArgumentException>(() => ChromaPipeline.CreateNoise(TinyModel.Quick with { Width = -1 }, 1)).ParamName);
        Assert.Equal("states", Assert.ThrowsAny<ArgumentException>(() => new PromptEmbedding(new FloatTensor([float.NaN], 1, 1, 1))).ParamName);
        Refused("files", () => ChromaPipeline.LoadAsync((ChromaModelFiles)null!));
        Refused("folder", () => ChromaPipeline.LoadAsync((string)null!));
        Refused("folder", () => ChromaPipeline.LoadAsync(" "));
        Refused("TextEncoder", () => ChromaPipeline.LoadAsync(TinyModel.Files with { TextEncoder = null! }));
        Refused("Transformer", () => ChromaPipeline.LoadAsync(TinyModel.Files with { Transformer = "a\0b" }));
        Refused("Tokenizer", () => ChromaPipeline.LoadAsync(TinyModel.Files with { Tokenizer = "" }));
        Refused("Kernels", () => ChromaPipeline.LoadAsync(TinyModel.Files, TinyModel.Options with { Kernels = (CpuKernels)(-1) }));
    }

    [Fact]
    public async Task Samplers_that_misuse_their_run_are_refused_by_what_they_got_wrong()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();

        async Task<ArgumentException> Misuse(Action<SamplerRun> sample) => await Assert.ThrowsAnyAsync<ArgumentException>(
            () => pipeline.GenerateAsync("a", TinyModel.Quick with { Sampler = new UserSampler(sample) }));

        Assert.Equal("x", (await Misuse(run => run.Evaluate(run.X.Span[1..], 1, run.NewBuffer()))).ParamName);
        Assert.Equal("denoised", (await Misuse(run => run.Evaluate(run.X.Span, 1, new float[3]))).ParamName);
        Assert.Equal("denoised", (await Misuse(run => run.Evaluate(run.X.Span, 1, run.X.Span))).ParamName);
        Assert.Equal("sigma", (await Misuse(run => run.Evaluate(run.X.Span, float.NaN, run.NewBuffer()))).ParamName);
        Assert.Equal("destination", (await Misuse(run => run.NextNoise(new float[3], 1, 0))).ParamName);
        Assert.Equal("step", (await Misuse(run => run.EvaluateStep(99, run.X.Span, 1, run.NewBuffer()))).ParamName);
        Assert.Equal("Sampler", (await Misuse(_ => { })).ParamName);
        Assert.Equal("Sampler", (await Misuse(run => run.Evaluate(run.X.Span, 1.3f, run.NewBuffer()))).ParamName);
    }

    [Fact]
    public async Task More_prompts_than_are_remembered_can_be_drawn_in_one_call()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();

        IReadOnlyList<ChromaImage> images = await pipeline.GenerateAsync(
            [.. Enumerable.Range(0, 40).Select(i => $"{i}")], TinyModel.Quick with { Width = 16, Height = 16, Steps = 1 });

        Assert.Equal(40, images.Count);
    }
}
