using System.CommandLine;
using Chroma.Cli.Commands.Shared;
using Chroma.Models;

namespace Chroma.Cli.Commands;

/// <summary>The options of <c>chroma generate</c>.</summary>
internal sealed class GenerateArguments
{
    public Option<string> Prompt { get; } = new("--prompt", "-p") { Description = "What to draw.", Required = true };

    public Option<string> Output { get; } = new("--output", "-o")
    {
        Description = "The file to write: .png, .jpg or .webp. Several pictures get -1, -2, ... before the extension.",
        Required = true,
    };

    public Option<string?> Model { get; } = new("--model") { Description = "A folder with transformer, T5 encoder, autoencoder and tokenizer." };

    public Option<string?> Transformer { get; } = new("--transformer") { Description = "The transformer: GGUF, safetensors, index or folder." };

    public Option<string?> TextEncoder { get; } = new("--text-encoder") { Description = "The T5 encoder, in the same forms." };

    public Option<string?> Autoencoder { get; } = new("--autoencoder") { Description = "The FLUX autoencoder, in the same forms." };

    public Option<string?> Tokenizer { get; } = new("--tokenizer") { Description = "tokenizer.json, spiece.model, a T5 GGUF or a folder with one; not needed if the text encoder is a T5 GGUF." };

    public Option<string?> NegativePrompt { get; } = new("--negative-prompt", "-n") { Description = "What not to draw." };

    public Option<string?> Preset { get; } = new("--preset") { Description = "hd, base or flash: the settings for Chroma1's variants." };

    public Option<int?> Width { get; } = new("--width") { Description = "Pixels, a multiple of 16." };

    public Option<int?> Height { get; } = new("--height") { Description = "Pixels, a multiple of 16." };

    public Option<int?> Steps { get; } = new("--steps") { Description = "Steps of the sampler." };

    public Option<float?> Guidance { get; } = new("--guidance") { Description = "Scale of classifier-free guidance; 1 is none." };

    public Option<ulong?> Seed { get; } = new("--seed") { Description = "The seed of the first picture; random if left out." };

    public Option<int> Count { get; } = new("--count") { Description = "How many pictures, with successive seeds.", DefaultValueFactory = _ => 1 };

    public Option<float?> Cache { get; } = new("--cache")
    {
        Description = "Step caching: leave out evaluations whose first block changed less than this, 0 (none) to 1; 0.1 is careful.",
    };

    public Option<string?> Sampler { get; } = new("--sampler") { Description = "euler, heun, dpmpp_2m, ..." };

    public Option<string?> Scheduler { get; } = new("--scheduler") { Description = "flow_match, simple, beta, ..." };

    public Option<double?> Shift { get; } = new("--shift") { Description = "The schedule's static shift." };

    public Option<double?> Mu { get; } = new("--mu") { Description = "The schedule's exponential shift." };

    public Option<TextMask?> TextMask { get; } = new("--text-mask") { HelpName = "key|training|none", Description = "What padding sees in T5: key (default), training or none." };

    public Option<int?> PaddingTokens { get; } = new("--padding-tokens") { Description = "Padding tokens that the transformer sees; 1 unless told." };

    public Option<WeightType> Type { get; } = CommonOptions.Type("Convert weights while loading", WeightTypes.Targets);

    public Option<RopeAxes?> RopeAxes { get; } = CommonOptions.RopeAxes();

    public Option<string?> Device { get; } = CommonOptions.Device();

    public Option<int> Threads { get; } = CommonOptions.Threads();

    public IEnumerable<Option> All =>
    [
        Prompt, NegativePrompt, Output, Model, Transformer, TextEncoder, Autoencoder, Tokenizer, Preset, Width, Height, Steps, Guidance, Seed, Count,
        Cache, Sampler, Scheduler, Shift, Mu, TextMask, PaddingTokens, Type, RopeAxes, Device, Threads,
    ];
}
