using Chroma.Models;
using Chroma.Noise;
using Chroma.Sampling;
using Chroma.Scheduling;

namespace Chroma.Imaging;

// From what a picture says back to options.
public sealed partial record GenerationParameters
{
    /// <summary>The options that draw the picture again, with the same model.</summary>
    /// <param name="basis">The options of what the parameters do not say; null for <see cref="GenerationOptions.HD"/>.</param>
    /// <param name="samplers">Where samplers are looked up; null for <see cref="Samplers.BuiltIn"/>.</param>
    public GenerationOptions ToOptions(GenerationOptions? basis = null, SamplerCatalog? samplers = null) => ToOptions(basis ?? GenerationOptions.HD, out _, samplers);

    /// <summary>The options that draw the picture again, with the same model.</summary>
    /// <param name="basis">The options of what the parameters do not say.</param>
    /// <param name="unused">The names of the settings that no option can be made of: unknown ones, unknown samplers, values out of range.</param>
    /// <param name="samplers">Where samplers are looked up; null for <see cref="Samplers.BuiltIn"/>.</param>
    /// <returns>Valid options for one picture. A seed that the parameters do not say is that of <paramref name="basis"/>.</returns>
    public GenerationOptions ToOptions(GenerationOptions basis, out IReadOnlyList<string> unused, SamplerCatalog? samplers = null)
    {
        ArgumentNullException.ThrowIfNull(basis);
        OptionsBuilder builder = new(basis with { Count = 1, NegativePrompt = NegativePrompt });
        builder.Use("Steps", Steps, (options, steps) => options with { Steps = steps });
        builder.Use("CFG scale", Guidance, (options, guidance) => options with { Guidance = (float)guidance });
        builder.Use("Seed", Seed, (options, seed) => options with { Seed = seed });
        (int Width, int Height)? sides = Width is { } width && Height is { } height ? (width, height) : null;
        builder.Use("Size", sides, (options, size) => options with { Width = size.Width, Height = size.Height });
        builder.Use("Text mask", TextMask, (options, mask) => options with { TextMask = mask });
        builder.Use("Padding tokens", PaddingTokens, (options, tokens) => options with { PaddingTokens = tokens });
        builder.Use("Cache threshold", CacheThreshold ?? (IsOurs ? 0 : null), (options, threshold) => options with { CacheThreshold = threshold });
        UseSampler(builder, samplers ?? Samplers.BuiltIn);
        UseSchedule(builder);
        UseNoise(builder);
        foreach (string name in Other.Keys.Where(name => name != NoiseOfOthers || Noise is not null))
        {
            builder.Unused.Add(name);
        }

        unused = builder.Unused;
        return builder.Options;
    }

    /// <summary>How to load the model so that it draws the picture again: weight type, RoPE axes, the number of tokens of a prompt, and whether the CPU computes.</summary>
    /// <param name="basis">The options of what the parameters do not say; null for the defaults.</param>
    public ChromaPipelineOptions ToPipelineOptions(ChromaPipelineOptions? basis = null)
    {
        basis ??= new ChromaPipelineOptions();
        ChromaPipelineOptions options = basis with
        {
            WeightType = WeightType is { } type && (type == Models.WeightType.Stored || type.IsTarget()) ? type : basis.WeightType,
            MaximumTokens = TokenLimit is >= 1 and <= ChromaPipelineOptions.LargestMaximumTokens ? TokenLimit.Value : basis.MaximumTokens,
            RopeAxes = RopeAxes is { IsSound: true } ? RopeAxes : basis.RopeAxes,
        };
        bool cpu = Device?.StartsWith("CPU (", StringComparison.Ordinal) ?? false;
        bool oneDnn = Device?.StartsWith("oneDNN (", StringComparison.Ordinal) ?? false;
        return !cpu && !oneDnn ? options : options with { Device = "cpu", Kernels = cpu ? CpuKernels.Ggml : CpuKernels.Auto };
    }

    /// <summary>The web UI's name for the generator of noise; <c>CPU</c> is PyTorch's, <c>NV</c> what Philox gives.</summary>
    private const string NoiseOfOthers = "RNG";

    /// <summary>Whether a pipeline of this library wrote it, so that what it does not say was not there.</summary>
    private bool IsOurs => Fingerprints.Count > 0;

    private void UseSampler(OptionsBuilder builder, SamplerCatalog samplers)
    {
        // Other programs put the scheduler behind the sampler: DPM++ 2M Karras.
        bool two = Sampler is not null && !samplers.Contains(Sampler) && SamplerName.TryParse(Sampler, out SamplerName named) && named.Scheduler is not null;
        SamplerName both = two && SamplerName.TryParse(Sampler, out SamplerName parsed) ? parsed : new SamplerName(Sampler ?? "");
        string? sampler = Sampler is null ? null : both.Sampler;
        builder.Use("Sampler", sampler, (options, name) => options with { Sampler = samplers.Create(name) });
        if (both.Scheduler is string scheduler && Scheduler is null)
        {
            builder.Use("Sampler", scheduler, (options, name) => options with { Scheduler = Schedulers.Get(name), Schedule = null });
        }

        if (SamplerOptions.Count > 0)
        {
            builder.Use("Sampler options", sampler, (options, name) => options with { Sampler = samplers.Create(name, SamplerOptions) });
        }
    }

    private void UseSchedule(OptionsBuilder builder)
    {
        // The shift of another scheduler than the picture's would be a wrong one.
        SchedulerOptions? shift = Shift is null && Mu is null && ImageTokens is null
            ? null
            : new SchedulerOptions { Shift = Shift, Mu = Mu, ImageTokens = ImageTokens };
        if (Sigmas is not null)
        {
            builder.Use("Sigmas", Sigmas, (options, sigmas) =>
            {
                SamplerRun.CheckSigmas([.. sigmas]);
                int steps = Steps is null ? sigmas.Count - 1 : options.Steps;
                return options with { Scheduler = new RecordedScheduler(Scheduler ?? "custom", sigmas, steps, shift), Schedule = null, Steps = steps };
            });
        }
        else
        {
            builder.Use("Schedule type", Scheduler, (options, name) => options with { Scheduler = Schedulers.Get(name), Schedule = null });
        }

        builder.Use(Shift is not null ? "Shift" : Mu is not null ? "Mu" : "Image tokens", shift, (options, schedule) =>
        {
            options.Scheduler.GetSigmas(options.Steps, schedule); // not every scheduler takes a shift
            return options with { Schedule = schedule };
        });
    }

    private void UseNoise(OptionsBuilder builder)
    {
        string? name = Noise ?? Other.GetValueOrDefault(NoiseOfOthers)?.ToUpperInvariant() switch
        {
            "CPU" => "torch",
            "NV" or "GPU" => "philox",
            var other => other,
        };
        builder.Use(Noise is null ? NoiseOfOthers : "Noise", name, (options, generator) => options with { Noise = NoiseGenerators.Get(generator) });
    }

    /// <summary>Options that are valid at every moment, and the names of what could not be made part of them.</summary>
    private sealed class OptionsBuilder(GenerationOptions options)
    {
        public GenerationOptions Options { get; private set; } = options;

        public List<string> Unused { get; } = [];

        public void Use<T>(string name, T? value, Func<GenerationOptions, T, GenerationOptions> change)
            where T : struct
        {
            if (value is { } given)
            {
                Try(name, options => change(options, given));
            }
        }

        public void Use<T>(string name, T? value, Func<GenerationOptions, T, GenerationOptions> change)
            where T : class
        {
            if (value is not null)
            {
                Try(name, options => change(options, value));
            }
        }

        private void Try(string name, Func<GenerationOptions, GenerationOptions> change)
        {
            try
            {
                GenerationOptions changed = change(Options);
                changed.Validate();
                Options = changed;
            }
            catch (ArgumentException)
            {
                Unused.Add(name);
            }
        }
    }
}
