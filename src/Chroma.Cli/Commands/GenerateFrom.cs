using System.CommandLine;
using System.CommandLine.Parsing;
using Chroma.Cli.Commands.Shared;
using Chroma.Imaging;

namespace Chroma.Cli.Commands;

/// <summary><c>chroma generate --from</c>: a picture whose parameters are the options that the command line leaves out.</summary>
internal sealed class GenerateFrom
{
    private readonly string _path;
    private readonly GenerationParameters _parameters;
    private readonly GenerateArguments _arguments;
    private readonly ParseResult _given;
    private IReadOnlyList<string> _unused = [];
    private IReadOnlyList<string> _differences = [];

    private GenerateFrom(string path, GenerationParameters parameters, GenerateArguments arguments, ParseResult given)
    {
        _path = path;
        _parameters = parameters;
        _arguments = arguments;
        _given = given;
    }

    /// <summary>The picture's prompt.</summary>
    public string Prompt => _parameters.Prompt;

    /// <summary>Says what goes with the option and what does not.</summary>
    public static void Validate(GenerateArguments arguments, CommandResult result)
    {
        if (result.GetResult(arguments.From) is not null && result.GetResult(arguments.Preset) is not null)
        {
            result.AddError("--from brings all settings of a picture, so --preset would change nothing: leave one of them out.");
        }
    }

    /// <summary>Reads the picture that the option names; null without the option.</summary>
    /// <exception cref="InvalidDataException">The file has no parameters.</exception>
    /// <exception cref="UsageException">There is neither a picture nor a prompt.</exception>
    public static GenerateFrom? Read(GenerateArguments arguments, ParseResult given)
    {
        if (given.GetValue(arguments.From) is not string path)
        {
            // Not for the parser, which would say this instead of what is wrong with another option.
            _ = given.GetValue(arguments.Prompt) ?? throw new UsageException("The option --prompt is required, unless --from names a picture that has one.");
            return null;
        }

        GenerationParameters parameters = ChromaImage.ReadParameters(path)
            ?? throw new InvalidDataException($"'{path}' does not say how it was made: expected a .png, .jpg or .webp with generation parameters in it.");
        return new GenerateFrom(path, parameters, arguments, given);
    }

    /// <summary>How to load the model: as the command line says, and where it does not, as for the picture.</summary>
    public ChromaPipelineOptions Complete(ChromaPipelineOptions load)
    {
        ChromaPipelineOptions restored = _parameters.ToPipelineOptions(load);
        return restored with
        {
            WeightType = IsGiven(_arguments.Type) ? load.WeightType : restored.WeightType,
            RopeAxes = IsGiven(_arguments.RopeAxes) ? load.RopeAxes : restored.RopeAxes,
            MaximumTokens = IsGiven(_arguments.MaxTokens) ? load.MaximumTokens : restored.MaximumTokens,
            Device = IsGiven(_arguments.Device) ? load.Device : restored.Device,
            Kernels = IsGiven(_arguments.Device) ? load.Kernels : restored.Kernels,
        };
    }

    /// <summary>The picture's options.</summary>
    /// <param name="pipeline">What will draw; its own options count where the picture says nothing.</param>
    public GenerationOptions Options(ChromaPipeline pipeline)
    {
        GenerationOptions options = _parameters.ToOptions(pipeline.DefaultOptions, out IReadOnlyList<string> unused);
        _unused = [.. unused.Where(field => !IsReplaced(field))];
        _differences = [.. pipeline.FindDifferences(_parameters).Where(field => !IsReplaced(field))];
        return options;
    }

    /// <summary>Says what the new picture does not have of the old one, beside what the command line changes.</summary>
    public void Report(TextWriter error)
    {
        if (_unused.Count > 0)
        {
            error.WriteLine($"Not used of '{_path}': {string.Join(", ", _unused)}.");
        }

        if (_differences.Count > 0)
        {
            error.WriteLine($"'{_path}' was made with something else here, so the pictures may differ: {string.Join(", ", _differences)}.");
        }
    }

    /// <summary>Whether the command line says something else than this setting of the picture.</summary>
    private bool IsReplaced(string field) => field switch
    {
        "Sampler" or "Sampler options" => IsGiven(_arguments.Sampler),
        "Schedule type" or "Sigmas" => IsGiven(_arguments.Scheduler),
        "Shift" or "Mu" or "Image tokens" => IsGiven(_arguments.Scheduler) || IsGiven(_arguments.Shift) || IsGiven(_arguments.Mu),
        "Steps" => IsGiven(_arguments.Steps),
        "CFG scale" => IsGiven(_arguments.Guidance),
        "Seed" => IsGiven(_arguments.Seed),
        "Size" => IsGiven(_arguments.Width) && IsGiven(_arguments.Height),
        "Text mask" => IsGiven(_arguments.TextMask),
        "Padding tokens" => IsGiven(_arguments.PaddingTokens),
        "Cache threshold" => IsGiven(_arguments.Cache),
        "Weight type" => IsGiven(_arguments.Type),
        "RoPE axes" => IsGiven(_arguments.RopeAxes),
        "Token limit" => IsGiven(_arguments.MaxTokens),
        "Device" => IsGiven(_arguments.Device),
        _ => false,
    };

    private bool IsGiven(Option option) => _given.GetResult(option) is { Implicit: false };
}
