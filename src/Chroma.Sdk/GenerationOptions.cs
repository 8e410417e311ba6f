using Chroma.Models;
using Chroma.Noise;
using Chroma.Sampling;
using Chroma.Scheduling;

namespace Chroma;

/// <summary>
/// How pictures are made: size, steps, guidance, seed and the methods. Immutable; start from a preset and change what differs:
/// <c>GenerationOptions.HD with { Seed = 7, Width = 768 }</c>. Configurations bind to it too: sampler, scheduler and noise by name.
/// </summary>
public sealed record GenerationOptions
{
    /// <summary>
    /// Pictures are drawn in multiples of this, which is also the smallest side: 8 pixels per latent pixel, 2 latent pixels per token. Other sizes are cut out of the
    /// next multiple; what is cut off is at the right and at the bottom.
    /// </summary>
    public const int SizeStep = 16;

    /// <summary>The largest side of a picture.</summary>
    public const int MaximumSize = 4096;

    /// <summary>The largest <see cref="Guidance"/>.</summary>
    public const int MaximumGuidance = 100;

    /// <summary>The largest <see cref="Count"/>.</summary>
    public const int MaximumCount = 1000;

    /// <summary>The largest <see cref="PaddingTokens"/>.</summary>
    public const int MaximumPaddingTokens = 16;

    /// <summary>The most tokens that the transformer takes: those of the picture, one for each 16 x 16 pixels, and those of the prompt.</summary>
    public const int MaximumTokens = 1 << 15;

    /// <summary>Chroma1-HD as its scheduler configuration and its author's example have it: static shift 3, 40 Euler steps, guidance 3.</summary>
    public static GenerationOptions HD => new() { Schedule = new SchedulerOptions { Shift = 3 } };

    /// <summary>
    /// Chroma1-Base: beta-spread levels without shift, diffusers' 35 steps and guidance 5. No configuration of its author is published; this is
    /// what its users report.
    /// </summary>
    public static GenerationOptions Base => new()
    {
        Steps = 35,
        Guidance = 5,
        Scheduler = Schedulers.Get("flow_match_beta"),
        Schedule = new SchedulerOptions { Shift = 1 },
    };

    /// <summary>Chroma1-Flash, distilled to few steps: no shift, no guidance, 8 steps of Heun.</summary>
    public static GenerationOptions Flash => new()
    {
        Steps = 8,
        Guidance = 1,
        Sampler = Samplers.BuiltIn.Create("heun"),
        Schedule = new SchedulerOptions { Shift = 1 },
    };

    /// <summary>What the picture must not show. Used only where <see cref="Guidance"/> is not 1.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>Pixels, <see cref="SizeStep"/> to <see cref="MaximumSize"/>. See <see cref="SizeStep"/> for sizes that are no multiple of it.</summary>
    public int Width { get; init; } = 1024;

    /// <summary>Pixels, <see cref="SizeStep"/> to <see cref="MaximumSize"/>. See <see cref="SizeStep"/> for sizes that are no multiple of it.</summary>
    public int Height { get; init; } = 1024;

    /// <summary>Steps of the sampler, 1 to <see cref="SchedulerOptions.MaximumSteps"/>.</summary>
    public int Steps { get; init; } = 40;

    /// <summary>
    /// Scale w of classifier-free guidance, v = v_u + w (v_c - v_u), 0 to 100. At 1 the negative prompt is not evaluated, which halves the time.
    /// </summary>
    public float Guidance { get; init; } = 3;

    /// <summary>The seed of the first picture; the k-th one after it has this plus k. Null takes a random one, which the pictures then state.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Pictures per prompt, 1 to 1000.</summary>
    public int Count { get; init; } = 1;

    /// <summary>
    /// Step caching: leaves out evaluations of the transformer, but for its first block, where their result can be predicted. This is how
    /// much what the first block adds may have changed since the last computed evaluation, relative to its mean magnitude: 0 computes everything,
    /// 0.1 is careful, up to 1. Pictures change a little; docs/performance.md says by how much, and what is saved.
    /// </summary>
    public float CacheThreshold { get; init; }

    /// <summary>The sampler.</summary>
    public ISampler Sampler { get; init; } = Samplers.BuiltIn.Create(Samplers.Default);

    /// <summary>The scheduler.</summary>
    public IScheduler Scheduler { get; init; } = Schedulers.Get("flow_match");

    /// <summary>The scheduler's shift; null leaves the scheduler's own default.</summary>
    public SchedulerOptions? Schedule { get; init; }

    /// <summary>Makes the stream of noise for a seed: by default PyTorch's on the CPU, so that seeds of diffusers and ComfyUI carry over.</summary>
    public NoiseFactory Noise { get; init; } = NoiseGenerators.Torch;

    /// <summary>What padding positions of T5 see. Other programs differ; see docs/masks.md.</summary>
    public TextMask TextMask { get; init; } = TextMask.Key;

    /// <summary>How many padding tokens after the prompt the transformer sees: 1 as Chroma was trained; 0 is ComfyUI's plain default.</summary>
    public int PaddingTokens { get; init; } = 1;

    /// <summary>The same options with another sampler, and with another scheduler where the name says one: <c>DPM++ 2M Karras</c>.</summary>
    /// <param name="name">A name that <see cref="SamplerName.TryParse"/> knows.</param>
    /// <returns>
    /// The options. With a scheduler in the name, <see cref="Schedule"/> is null: that scheduler has its own default shift.
    /// </returns>
    /// <exception cref="ArgumentException">There is no such sampler; the message lists those there are.</exception>
    public GenerationOptions WithSampler(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return SamplerName.TryParse(name, out SamplerName known) && known.Scheduler is string scheduler
            ? this with { Sampler = Samplers.BuiltIn.Create(known.Sampler), Scheduler = Schedulers.Get(scheduler), Schedule = null }
            : this with { Sampler = Samplers.BuiltIn.Create(name) };
    }

    /// <summary>The width that is drawn: the next multiple of <see cref="SizeStep"/>.</summary>
    internal int DrawnWidth => RoundUp(Width);

    /// <summary>The height that is drawn: the next multiple of <see cref="SizeStep"/>.</summary>
    internal int DrawnHeight => RoundUp(Height);

    /// <summary>The transformer's tokens for the picture.</summary>
    internal int ImageTokens => DrawnWidth / SizeStep * (DrawnHeight / SizeStep);

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range; the message names it and the range.</exception>
    /// <exception cref="ArgumentException">The schedule's options contradict each other.</exception>
    public void Validate()
    {
        CheckSize(Width, nameof(Width));
        CheckSize(Height, nameof(Height));
        if (ImageTokens >= MaximumTokens)
        {
            throw new ArgumentOutOfRangeException(
                nameof(Width), Width, $"A picture of {Width}x{Height} has {ImageTokens} tokens, one for each 16x16 pixels; with the prompt's there may be {MaximumTokens} at most.");
        }

        CheckRange(Steps, 1, SchedulerOptions.MaximumSteps, nameof(Steps));
        CheckRange(Count, 1, MaximumCount, nameof(Count));
        CheckPaddingTokens(PaddingTokens, nameof(PaddingTokens));
        if (!(Guidance is >= 0 and <= MaximumGuidance))
        {
            throw new ArgumentOutOfRangeException(nameof(Guidance), Guidance, $"The guidance must be 0 to {MaximumGuidance}.");
        }

        if (!(CacheThreshold is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(CacheThreshold), CacheThreshold, "The cache threshold must be 0 (no caching) to 1.");
        }

        CheckTextMask(TextMask, nameof(TextMask));
        ArgumentNullException.ThrowIfNull(NegativePrompt);
        ArgumentNullException.ThrowIfNull(Sampler);
        ArgumentNullException.ThrowIfNull(Scheduler);
        ArgumentNullException.ThrowIfNull(Noise);
        try
        {
            Schedule?.Validate();
        }
        catch (ArgumentException error)
        {
            throw Fault(nameof(Schedule), error.Message, error);
        }
    }

    /// <summary>What is thrown for an option that turns out unusable after <see cref="Validate"/>.</summary>
    internal static ArgumentException Fault(string option, string message, Exception? cause = null) => new(message, option, cause);

    private static void CheckSize(int value, string name)
    {
        if (value is < SizeStep or > MaximumSize)
        {
            throw new ArgumentOutOfRangeException(name, value, $"The {name.ToLowerInvariant()} must be {SizeStep} to {MaximumSize}.");
        }
    }

    /// <summary>The next multiple of <see cref="SizeStep"/>.</summary>
    internal static int RoundUp(int side) => (side + SizeStep - 1) / SizeStep * SizeStep;

    internal static void CheckTextMask(TextMask mask, string name)
    {
        if (!Enum.IsDefined(mask))
        {
            throw new ArgumentOutOfRangeException(name, mask, "The text mask must be Key, Training or None.");
        }
    }

    internal static void CheckPaddingTokens(int tokens, string name) => CheckRange(tokens, 0, MaximumPaddingTokens, name);

    private static void CheckRange(int value, int least, int most, string name)
    {
        if (value < least || value > most)
        {
            throw new ArgumentOutOfRangeException(name, value, $"'{name}' must be {least} to {most}.");
        }
    }
}
