using Chroma.Models;

namespace Chroma.Imaging;

/// <summary>
/// How a picture was made, in the text form that AUTOMATIC1111's web UI began and that ComfyUI tools and picture sites read:
/// <code>
/// a red fox in the snow
/// Negative prompt: blurry
/// Steps: 28, Sampler: euler, Schedule type: beta, CFG scale: 4, Seed: 42, Size: 1024x1024, Model: Chroma1-HD, Shift: 3, Version: 0.1.0
/// </code>
/// What a pipeline writes here says all that changes a pixel, so that <see cref="ToOptions(GenerationOptions, out IReadOnlyList{string}, Sampling.SamplerCatalog)"/> can draw the picture again. Two records are equal if they say the same.
/// </summary>
public sealed partial record GenerationParameters
{
    /// <summary>What the picture should show; may have several lines.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>What it should not show; may have several lines, and is left out where empty.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>The number of sampler steps.</summary>
    public int? Steps { get; init; }

    /// <summary>The sampler's name.</summary>
    public string? Sampler { get; init; }

    /// <summary>The sampler's options that are not its defaults, as <see cref="Sampling.SamplerCatalog.Create"/> takes them ("Sampler options").</summary>
    public IReadOnlyDictionary<string, string> SamplerOptions { get; init => field = FieldMap.Of(value ?? throw new ArgumentNullException(nameof(value))); } = FieldMap.Empty;

    /// <summary>The scheduler's name ("Schedule type").</summary>
    public string? Scheduler { get; init; }

    /// <summary>The schedule's static shift.</summary>
    public double? Shift { get; init; }

    /// <summary>The schedule's exponential shift.</summary>
    public double? Mu { get; init; }

    /// <summary>The number of image tokens that the schedule takes its exponential shift from.</summary>
    public int? ImageTokens { get; init; }

    /// <summary>The noise levels themselves, where the scheduler's name does not say them; null where it does.</summary>
    public IReadOnlyList<float>? Sigmas { get; init => field = value is null or NumberList ? value : new NumberList(value); }

    /// <summary>The weight of classifier-free guidance ("CFG scale").</summary>
    public double? Guidance { get; init; }

    /// <summary>The seed of the initial noise.</summary>
    public ulong? Seed { get; init; }

    /// <summary>The generator of the noise; see <see cref="Chroma.Noise.NoiseGenerators"/>.</summary>
    public string? Noise { get; init; }

    /// <summary>The width in pixels. The text has a size only where both sides are known.</summary>
    public int? Width { get; init; }

    /// <summary>The height in pixels.</summary>
    public int? Height { get; init; }

    /// <summary>What padding positions of T5 saw.</summary>
    public TextMask? TextMask { get; init; }

    /// <summary>How many padding tokens the transformer saw.</summary>
    public int? PaddingTokens { get; init; }

    /// <summary>The number of tokens at which prompts were cut.</summary>
    public int? TokenLimit { get; init; }

    /// <summary>The threshold of step caching, 0 for none.</summary>
    public float? CacheThreshold { get; init; }

    /// <summary>The name of the model.</summary>
    public string? Model { get; init; }

    /// <summary>The name of the text encoder's file.</summary>
    public string? TextEncoder { get; init; }

    /// <summary>The name of the autoencoder's file ("VAE").</summary>
    public string? Autoencoder { get; init; }

    /// <summary>The name of the tokenizer's file, where it is one of its own.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>
    /// What tells files of the same name apart: ten hexadecimal digits for each part of the model (<c>transformer</c>, <c>text encoder</c>, <c>autoencoder</c>,
    /// <c>tokenizer</c>), from the sizes of its files and samples of their bytes.
    /// </summary>
    public IReadOnlyDictionary<string, string> Fingerprints { get; init => field = FieldMap.Of(value ?? throw new ArgumentNullException(nameof(value))); } = FieldMap.Empty;

    /// <summary>What weights were converted to while loading.</summary>
    public WeightType? WeightType { get; init; }

    /// <summary>Head channels for text, row and column positions.</summary>
    public RopeAxes? RopeAxes { get; init; }

    /// <summary>The devices that computed; see <see cref="ChromaPipeline.Device"/>. Others round differently.</summary>
    public string? Device { get; init; }

    /// <summary>The program that made the picture, and its version.</summary>
    public string? Version { get; init; }

    /// <summary>
    /// Settings under other names, and those whose value cannot be what it should (<c>Seed: -1</c>), in their order and as they stand in the text, without
    /// the quotes of quoted ones.
    /// </summary>
    public IReadOnlyDictionary<string, string> Other { get; init => field = FieldMap.Of(value ?? throw new ArgumentNullException(nameof(value))); } = FieldMap.Empty;

    /// <summary>
    /// The text form. Values with commas, colons or line breaks are put in double quotes, as JSON has them. Prompts that the form cannot hold (one with a
    /// line that looks like settings, or with characters that picture files lose) stand in it a second time, in quotes: <see cref="Parse"/> gives back what was written.
    /// </summary>
    public override string ToString()
    {
        ParameterText text = new(Prompt, NegativePrompt, FieldMap.Of(ParameterFields.Write(this)));
        string plain = text.Write(exact: false);
        GenerationParameters read = Parse(plain);
        return (read.Prompt, read.NegativePrompt) == (Prompt, NegativePrompt) && ParameterText.Parse(plain).Settings.Count == text.Settings.Count
            ? plain
            : text.Write(exact: true);
    }

    /// <summary>
    /// Reads the text form, of this library or of another program: <c>Name: value</c> in its last line, where a value may be in quotes or a JSON object or array.
    /// Never fails: what has no settings in its last line is a prompt as a whole, and settings of other names are in <see cref="Other"/>.
    /// </summary>
    /// <param name="text">The text of a picture's <c>parameters</c> chunk.</param>
    public static GenerationParameters Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        ParameterText parts = ParameterText.Parse(text);
        return ParameterFields.Read(parts.Settings) with { Prompt = parts.Prompt, NegativePrompt = parts.NegativePrompt };
    }
}
