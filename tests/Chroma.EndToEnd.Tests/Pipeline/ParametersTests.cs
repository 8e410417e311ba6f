using Chroma.Imaging;
using Chroma.Models;
using Chroma.Noise;
using Chroma.Sampling;
using Chroma.Scheduling;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Pipeline;

/// <summary>Pictures say all that changes a pixel, and can be drawn again from that.</summary>
public sealed class ParametersTests
{
    private static readonly GenerationOptions _basis = TinyModel.Quick with { Width = 32, Height = 16, NegativePrompt = "Steps: 9, Seed: 3, Sampler: \"x\"\nblurry" };

    /// <summary>Options no two of which may leave the same text.</summary>
    public static TheoryData<string, GenerationOptions> Drawings
    {
        get
        {
            TheoryData<string, GenerationOptions> data = new()
            {
                { "basis", _basis },
                { "seed", _basis with { Seed = ulong.MaxValue } },
                { "steps", _basis with { Steps = 2 } },
                { "guidance", _basis with { Guidance = 2.3f } },
                { "no guidance", _basis with { Guidance = 1 } },
                { "size", _basis with { Width = 30 } },
                { "negative", _basis with { NegativePrompt = "\r\n\t\"\\ \0 \uD83D 😀" } },
                { "cache", _basis with { CacheThreshold = 0.1f } },
                { "mask", _basis with { TextMask = TextMask.None } },
                { "training mask", _basis with { TextMask = TextMask.Training } },
                { "padding", _basis with { PaddingTokens = 3 } },
                { "shift", _basis with { Schedule = new() { Shift = 1.15 } } },
                { "mu", _basis with { Schedule = new() { Mu = 1.15 } } },
                { "tokens", _basis with { Schedule = new() { ImageTokens = 700 } } },
                { "no shift", _basis with { Schedule = null } },
                { "philox", _basis with { Noise = seed => new PhiloxNoise(unchecked((long)seed)) } },
                { "ddim", _basis with { Sampler = Samplers.BuiltIn.Create("DDIM") } },
                { "eta", _basis with { Sampler = new EulerAncestralSampler { Eta = 0.3 } } },
                { "eta in sde", _basis with { Sampler = new DpmPlusPlus2MSdeSampler { Eta = 1.0 / 3, SolverType = SdeSolverType.Heun } } },
                { "seeds_2", _basis with { Sampler = new Seeds2Sampler { SolverType = SeedsSolverType.Phi2, Stage = 0.25 } } },
                { "sa", _basis with { Sampler = new SaSolverSampler { PredictorOrder = 2, SimpleOrder2 = true, EvaluateCorrected = true } } },
                { "lcm", _basis with { Sampler = new LcmSampler { NoiseScaleEnd = 0.5, NoiseClip = 2 } } },
                { "uni_pc", _basis with { Sampler = Samplers.BuiltIn.Create("uni_pc", [new("variant", "bh2")]), Scheduler = Schedulers.Get("simple") } },
                { "dpm_2", _basis with { Sampler = Samplers.BuiltIn.Create("dpm_2"), Scheduler = Schedulers.Get("simple") } },
                { "res", _basis with { Sampler = new ResMultistepSampler { Eta = 0.5, NoiseScale = 1.5 } } },
                { "custom levels", _basis with { Scheduler = new CustomScheduler(1, 0.7f, 0.31415927f, 0), Schedule = null } },
                { "a user's levels", _basis with { Scheduler = new UserScheduler(_ => [1, 0.6f, 0.3f, 0]) } },
                { "a user's beta", _basis with { Scheduler = new UserScheduler(_ => [1, 0.5f, 0.3f, 0], "beta"), Sampler = new DpmPlusPlusSdeSampler() } },
                { "part of the steps", _basis with { Scheduler = new OptimalStepsScheduler(0.5), Steps = 6, Schedule = null } },
                { "trained minimum", _basis with { Scheduler = new FlowMatchScheduler(FlowMatchSpread.Karras, endsAtTrainedMinimum: true) } },
            };
            foreach (string name in Schedulers.All.Select(scheduler => scheduler.Name))
            {
                data.Add("scheduler " + name, _basis with { Scheduler = Schedulers.Get(name), Schedule = null });
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Drawings))]
    public async Task A_picture_is_drawn_again_from_its_file_to_the_last_byte(string name, GenerationOptions options)
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        ChromaImage first = (await pipeline.GenerateAsync("a red circle,\nSteps: 20, Sampler: Euler, Seed: 5", options))[0];
        foreach (ImageFormat format in Enum.GetValues<ImageFormat>())
        {
            byte[] file = first.Encode(format);
            GenerationParameters read = ChromaImage.ReadParameters(file)!;

            GenerationOptions restored = read.ToOptions(GenerationOptions.Flash with { NegativePrompt = "another", PaddingTokens = 7 }, out IReadOnlyList<string> unused);

            Assert.Empty(unused);
            Assert.Empty(pipeline.FindDifferences(read));
            Assert.Equal(first.Parameters, read);
            Assert.Equal(file, (await pipeline.GenerateAsync(read.Prompt, restored))[0].Encode(format));
        }

        Assert.NotEmpty(name);
    }

    [Fact]
    public async Task Pictures_made_differently_do_not_say_the_same()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        using ChromaPipeline halves = await TinyModel.LoadAsync(TinyModel.Options with { WeightType = WeightType.F16 });
        using ChromaPipeline plain = await TinyModel.LoadAsync(TinyModel.Options with { Kernels = CpuKernels.Ggml });
        using ChromaPipeline cutting = await TinyModel.LoadAsync(TinyModel.Options with { MaximumTokens = 2 });
        using ChromaPipeline turned = await TinyModel.LoadAsync(TinyModel.Options with { RopeAxes = new RopeAxes(12, 12, 8) });
        Dictionary<string, string> texts = [];
        async Task Draw(string how, ChromaPipeline with, GenerationOptions options)
        {
            string text = (await with.GenerateAsync("a red circle", options))[0].Parameters!.ToString();
            Assert.False(texts.TryGetValue(text, out string? same), $"{how} and {same} say the same: {text}");
            texts.Add(text, how);
        }

        foreach (TheoryDataRow<string, GenerationOptions> row in Drawings)
        {
            if (row.Data.Item1 is not "scheduler flow_match")
            {
                await Draw(row.Data.Item1, pipeline, row.Data.Item2);
            }
        }

        await Draw("f16", halves, _basis);
        await Draw("cut", cutting, _basis);
        await Draw("axes", turned, _basis);
        if (plain.Device != pipeline.Device)
        {
            await Draw("ggml", plain, _basis);
        }

        Assert.Equal(["Token limit"], cutting.FindDifferences((await pipeline.GenerateAsync("a", _basis))[0].Parameters!));
        Assert.Equal(["Weight type"], halves.FindDifferences((await pipeline.GenerateAsync("a", _basis))[0].Parameters!));
    }

    [Fact]
    public async Task The_text_has_the_names_that_its_makers_used_and_the_files_of_all_parts()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();

        string text = (await pipeline.GenerateAsync("cat", TinyModel.Quick with
        {
            Sampler = Samplers.BuiltIn.Create("ddim", [new("s_churn", "0")]), Guidance = 2.3f, CacheThreshold = 0.1f,
        }))[0].Parameters!.ToString();

        foreach (string part in new[]
        {
            "Steps: 3, Sampler: ddim, Schedule type: flow_match, CFG scale: 2.3, Seed: 1, Size: 48x32, Model: chroma, ", "Sampler options: \"s_churn: 0\"", "Shift: 3", "Noise: torch", "Text mask: key",
            "Padding tokens: 1", "Token limit: 512", "Cache threshold: 0.1", "Text encoder: t5", "VAE: ae", "Tokenizer: tokenizer", "Weight type: stored", "RoPE axes: \"8,12,12\"", "Device: ",
            "Version: Chroma for .NET ",
        })
        {
            Assert.Contains(part, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Files_of_the_same_name_are_told_apart_and_renamed_ones_are_not()
    {
        using TemporaryFolder folder = new();
        string renamed = folder.File("other-name.safetensors"), changed = folder.File("chroma.safetensors");
        File.Copy(TinyModel.Files.Transformer, renamed);
        byte[] bytes = await File.ReadAllBytesAsync(TinyModel.Files.Transformer);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(changed, bytes);
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        GenerationParameters parameters = (await pipeline.GenerateAsync("a", _basis))[0].Parameters!;

        using ChromaPipeline same = await ChromaPipeline.LoadAsync(TinyModel.Files with { Transformer = renamed }, TinyModel.Options);
        using ChromaPipeline other = await ChromaPipeline.LoadAsync(TinyModel.Files with { Transformer = changed }, TinyModel.Options);

        Assert.Empty(same.FindDifferences(parameters));
        Assert.Equal(["Model"], other.FindDifferences(parameters));
        Assert.Equal(["Model"], other.FindDifferences(new GenerationParameters { Model = "flux", Seed = 3 }));
    }

    [Fact]
    public void What_the_model_was_loaded_with_comes_back()
    {
        GenerationParameters parameters = GenerationParameters.Parse(
            "a\nSteps: 4, Sampler: euler, Seed: 1, Token limit: 77, Weight type: q8_0, RoPE axes: \"8,12,12\", Device: CPU (Some Processor)");

        ChromaPipelineOptions options = parameters.ToPipelineOptions(new ChromaPipelineOptions { Threads = 3 });

        Assert.Equal((77, WeightType.Q8_0, new RopeAxes(8, 12, 12), "cpu", CpuKernels.Ggml, 3),
            (options.MaximumTokens, options.WeightType, options.RopeAxes!.Value, options.Device, options.Kernels, options.Threads));
        options.Validate();
        GenerationParameters.Parse("a\nSteps: 4, Seed: 1, Size: 1x1, Token limit: -5, Weight type: i32, RoPE axes: \"1,2,3\"").ToPipelineOptions().Validate();
    }

    [Theory]
    [InlineData("Sampler: DPM++ 2M Karras", "dpmpp_2m", "karras")]
    [InlineData("Sampler: DPM++ 2M, Schedule type: Karras", "dpmpp_2m", "karras")]
    [InlineData("Sampler: Euler a, Schedule type: SGM Uniform", "euler_ancestral", "sgm_uniform")]
    [InlineData("Sampler: DPM++ 2M Karras, Schedule type: Beta", "dpmpp_2m", "beta")]
    public void Names_of_other_programs_are_understood(string settings, string sampler, string scheduler)
    {
        GenerationOptions options = GenerationParameters.Parse($"cat\nSteps: 20, {settings}, CFG scale: 7, Seed: 1").ToOptions(GenerationOptions.HD, out IReadOnlyList<string> unused);

        Assert.Empty(unused);
        Assert.Equal((sampler, scheduler, null), (options.Sampler.Name, options.Scheduler.Name, options.Schedule));
    }

    [Fact]
    public void A_shift_that_the_scheduler_does_not_take_is_not_used()
    {
        GenerationParameters parameters = GenerationParameters.Parse("cat\nSteps: 20, Sampler: euler, Schedule type: optimal_steps, Shift: 3, Seed: 1");

        Assert.Null(parameters.ToOptions(GenerationOptions.HD, out IReadOnlyList<string> unused).Schedule);
        Assert.Equal(["Shift"], unused);
    }

    [Fact]
    public void What_cannot_be_used_of_other_programs_is_named_and_the_rest_is_used()
    {
        GenerationParameters parameters = GenerationParameters.Parse(
            "cat\nNegative prompt: dog\nSteps: 20, Sampler: Some New One, Schedule type: Nonsense, CFG scale: 700, Seed: -1, Size: 512x9000, Clip skip: 2, RNG: NV, " +
            "Hashes: {\"model\": \"a\", \"vae\": \"b\"}, Version: v1.10.1");

        GenerationOptions options = parameters.ToOptions(GenerationOptions.HD with { Width = 64, Height = 64 }, out IReadOnlyList<string> unused);

        options.Validate();
        Assert.Equal(["CFG scale", "Size", "Sampler", "Schedule type", "Seed", "Clip skip", "Hashes"], unused);
        Assert.Equal((20, "dog", 64, GenerationOptions.HD.Guidance, null), (options.Steps, options.NegativePrompt, options.Width, options.Guidance, options.Seed));
        Assert.IsType<PhiloxNoise>(options.Noise(1));
    }
}
