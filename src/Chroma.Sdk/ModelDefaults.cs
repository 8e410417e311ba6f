using System.Text.Json;
using System.Text.Json.Serialization;
using Chroma.Files;
using Chroma.Sampling;
using Chroma.Scheduling;

namespace Chroma;

/// <summary>The generation settings that a model's folder states in its <c>chroma.json</c>; what it leaves out is <see cref="GenerationOptions.HD"/>'s.</summary>
internal sealed record ModelDefaults
{
    public const string FileName = "chroma.json";

    private const long MaxBytes = 1 << 20;

    public int? Width { get; init; }

    public int? Height { get; init; }

    public int? Steps { get; init; }

    public float? Guidance { get; init; }

    public string? Sampler { get; init; }

    public string? Scheduler { get; init; }

    public double? Shift { get; init; }

    public double? Mu { get; init; }

    [JsonIgnore]
    private string Path { get; init; } = FileName;

    /// <summary>Reads the folder's <c>chroma.json</c>; null if there is none.</summary>
    /// <exception cref="InvalidDataException">The file is not such a description.</exception>
    public static ModelDefaults? Find(string folder)
    {
        string path = System.IO.Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            ModelDefaults? defaults = JsonSerializer.Deserialize(InputFile.ReadAllBytes(path, MaxBytes), ModelDefaultsJson.Default.ModelDefaults);
            return defaults is null ? null : defaults with { Path = path };
        }
        catch (JsonException error) when (error.Path is ['$', '.', .. string key] && Expected(key) is string expected)
        {
            throw new InvalidDataException($"'{path}': '{key}' must be {expected}.", error);
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"'{path}' is not a description of a model: {error.Message}", error);
        }
    }

    private static string? Expected(string key) => key switch
    {
        "width" or "height" or "steps" => "a whole number such as 40, without quotes",
        "guidance" or "shift" or "mu" => "a number such as 2.5, without quotes and with a point before the decimals",
        "sampler" or "scheduler" => "a name in quotes",
        _ => null,
    };

    /// <summary>The settings as options.</summary>
    /// <exception cref="InvalidDataException">A setting is out of range or names what does not exist.</exception>
    public GenerationOptions ToOptions()
    {
        try
        {
            GenerationOptions basis = Sampler is null ? GenerationOptions.HD : GenerationOptions.HD.WithSampler(Sampler);
            GenerationOptions options = basis with
            {
                Width = Width ?? basis.Width,
                Height = Height ?? basis.Height,
                Steps = Steps ?? basis.Steps,
                Guidance = Guidance ?? basis.Guidance,
                Scheduler = Scheduler is null ? basis.Scheduler : Schedulers.Get(Scheduler),
                Schedule = Shift is null && Mu is null ? basis.Schedule : new SchedulerOptions { Shift = Shift, Mu = Mu },
            };
            options.Validate();
            return options;
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException($"'{Path}' has an impossible setting: {error.Message}", error);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip)]
[JsonSerializable(typeof(ModelDefaults))]
internal sealed partial class ModelDefaultsJson : JsonSerializerContext;
