using System.CommandLine;
using System.CommandLine.Parsing;
using Chroma.Cli.Commands.Shared;
using Chroma.Imaging;
using Chroma.Models;
using Chroma.Sampling;
using Chroma.Scheduling;
using Chroma.Tokenization;

namespace Chroma.Cli.Commands;

/// <summary>The options of <c>chroma generate</c>.</summary>
internal sealed class GenerateArguments
{
    public Option<string?> Prompt { get; } = new("--prompt", "-p") { Description = "What to draw. Needed unless --from has one." };

    public Option<string?> From { get; } = new("--from")
    {
        Description = "A picture to draw again: .png, .jpg or .webp with its parameters. Other options change what it says.",
    };

    public Option<string> Output { get; } = new("--output", "-o")
    {
        Description = "The file to write: .png, .jpg or .webp; - is standard output. Several pictures get -1, -2, ... before the extension; "
            + "a pipe or a device gets them one after another.",
        Required = true,
    };

    public Option<ImageFormat?> Format { get; } = new("--format")
    {
        Description = "png, jpg or webp; left out, the output's extension tells, and standard output gets PNG.",
        HelpName = "png|jpg|webp",
        CustomParser = ParseFormat,
    };

    public Option<string?> Model { get; } = new("--model") { Description = "A folder with transformer, T5 encoder, autoencoder and tokenizer." };

    public Option<string?> Transformer { get; } = new("--transformer") { Description = "The transformer: GGUF, safetensors, index or folder." };

    public Option<string?> TextEncoder { get; } = new("--text-encoder") { Description = "The T5 encoder, in the same forms." };

    public Option<string?> Autoencoder { get; } = new("--autoencoder") { Description = "The FLUX autoencoder, in the same forms." };

    public Option<string?> Tokenizer { get; } = new("--tokenizer")
    {
        Description = "tokenizer.json, spiece.model, a T5 GGUF or a folder with one, in place of the model's own; not needed with a T5 GGUF.",
    };

    public Option<string?> NegativePrompt { get; } = new("--negative-prompt", "-n") { Description = "What not to draw; needs a guidance other than 1." };

    public Option<Preset?> Preset { get; } = Choices.Option(
        "--preset", "hd, base or flash: the settings for Chroma1's variants.", ("hd", Commands.Preset.HD), ("base", Commands.Preset.Base), ("flash", Commands.Preset.Flash));

    public Option<int?> Width { get; } = Numbers.Whole(
        "--width", "Pixels, 16 to 4096.", GenerationOptions.SizeStep, GenerationOptions.MaximumSize);

    public Option<int?> Height { get; } = Numbers.Whole(
        "--height", "Pixels, 16 to 4096.", GenerationOptions.SizeStep, GenerationOptions.MaximumSize);

    public Option<int?> Steps { get; } = Numbers.Whole("--steps", "Steps of the sampler.", 1, SchedulerOptions.MaximumSteps);

    public Option<double?> Guidance { get; } = Numbers.Real(
        "--guidance", "Scale of classifier-free guidance, such as 2.5; 1 is none.", 0, GenerationOptions.MaximumGuidance);

    public Option<SeedChoice> Seed { get; } = Numbers.Seed(minusOneIsRandom: true, "The seed of the first picture; random if left out or -1.");

    public Option<int> Count { get; } = Numbers.WholeOr("--count", "How many pictures, with successive seeds.", 1, 1, GenerationOptions.MaximumCount);

    public Option<double?> Cache { get; } = Numbers.Real(
        "--cache", "Step caching: leave out evaluations whose first block changed less than this, 0 (none) to 1; 0.1 is careful.", 0, 1);

    public Option<SamplerName?> Sampler { get; } = Names.Sampler(
        "euler, heun, dpmpp_2m, ... or as other programs call it: 'Euler a', 'DPM++ 2M Karras' (which chooses the scheduler, too).");

    public Option<IScheduler?> Scheduler { get; } = Names.Scheduler("flow_match, simple, beta, ...");

    public Option<double?> Shift { get; } = Numbers.Real("--shift", "The schedule's static shift.", SchedulerOptions.MinimumShift, SchedulerOptions.MaximumShift);

    public Option<double?> Mu { get; } = Numbers.Real("--mu", "The schedule's exponential shift.", -SchedulerOptions.MaximumMu, SchedulerOptions.MaximumMu);

    public Option<TextMask?> TextMask { get; } = CommonOptions.TextMask();

    public Option<int?> PaddingTokens { get; } = Numbers.Whole(
        "--padding-tokens", "Padding tokens that the transformer sees; 1 unless told.", 0, GenerationOptions.MaximumPaddingTokens);

    public Option<int> MaxTokens { get; } = Numbers.WholeOr(
        "--max-tokens",
        "Where prompts are cut, in tokens, up to 4096. Chroma was trained with 512.",
        T5Tokenizer.DefaultMaxLength,
        1,
        ChromaPipelineOptions.LargestMaximumTokens);

    public Option<TargetType?> Type { get; } = Names.Type("Convert weights while loading");

    public Option<RopeAxes?> RopeAxes { get; } = CommonOptions.RopeAxes();

    public Option<string?> Device { get; } = CommonOptions.Device();

    public Option<int> Threads { get; } = CommonOptions.Threads();

    public IEnumerable<Option> All =>
    [
        Prompt, From, NegativePrompt, Output, Format, Model, Transformer, TextEncoder, Autoencoder, Tokenizer, Preset, Width, Height, Steps, Guidance, Seed, Count,
        Cache, Sampler, Scheduler, Shift, Mu, TextMask, PaddingTokens, MaxTokens, Type, RopeAxes, Device, Threads,
    ];

    private static ImageFormat? ParseFormat(ArgumentResult argument)
    {
        string text = argument.Tokens[0].Value;
        switch (text.ToUpperInvariant())
        {
            case "PNG":
                return ImageFormat.Png;
            case "JPG" or "JPEG":
                return ImageFormat.Jpeg;
            case "WEBP":
                return ImageFormat.Webp;
            default:
                argument.AddError($"The option --format must be png, jpg or webp, but is '{text}'.");
                return null;
        }
    }
}

/// <summary>The settings for one of Chroma1's variants.</summary>
internal enum Preset
{
    HD,
    Base,
    Flash,
}
