using System.Globalization;
using Chroma.Imaging;
using Chroma.Sampling;
using Chroma.Scheduling;

namespace Chroma;

// What pictures say about how they were made.
public sealed partial class ChromaPipeline
{
    private IReadOnlyDictionary<string, string> _fingerprints = OptionTexts.None;

    private static string Version => $"Chroma for .NET {Interop.ChromaLibrary.Version}";

    /// <summary>
    /// What this pipeline has other than the one that drew a picture: its model, how that was loaded, the device, the version. With the same options it draws the
    /// same picture, to the last bit, if there is nothing.
    /// </summary>
    /// <param name="parameters">What the picture says.</param>
    /// <returns>The names of the settings in the picture's text. What the text does not say counts as the same.</returns>
    public IReadOnlyList<string> FindDifferences(GenerationParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        GenerationParameters here = DescribeModel();
        List<string> differences = [];
        void Compare<T>(string name, T? there, T? own)
        {
            if (there is not null && !EqualityComparer<T>.Default.Equals(there, own))
            {
                differences.Add(name);
            }
        }

        // A file that is known by its bytes may have any name.
        void CompareFile(string name, string part, string? there, string? own)
        {
            string? known = parameters.Fingerprints.GetValueOrDefault(part);
            Compare(name, known ?? there, known is null ? own : here.Fingerprints.GetValueOrDefault(part));
        }

        CompareFile("Model", TransformerPart, parameters.Model, here.Model);
        CompareFile("Text encoder", TextEncoderPart, parameters.TextEncoder, here.TextEncoder);
        CompareFile("VAE", AutoencoderPart, parameters.Autoencoder, here.Autoencoder);
        CompareFile("Tokenizer", TokenizerPart, parameters.Tokenizer, here.Tokenizer);
        Compare("Weight type", parameters.WeightType, here.WeightType);
        Compare("RoPE axes", parameters.RopeAxes, here.RopeAxes);
        Compare("Token limit", parameters.TokenLimit, here.TokenLimit);
        Compare("Device", parameters.Device, here.Device);
        Compare("Version", parameters.Version, here.Version);
        return differences;
    }

    private const string TransformerPart = "transformer";
    private const string TextEncoderPart = "text encoder";
    private const string AutoencoderPart = "autoencoder";
    private const string TokenizerPart = "tokenizer";

    private GenerationParameters Describe(string prompt, GenerationOptions options, float[] sigmas, string noise, ulong seed) => DescribeModel() with
    {
        Prompt = prompt,
        NegativePrompt = options.Guidance != 1 ? options.NegativePrompt : "",
        Steps = options.Steps,
        Sampler = options.Sampler.Name ?? options.Sampler.GetType().Name,
        SamplerOptions = options.Sampler.Options ?? OptionTexts.None,
        Scheduler = options.Scheduler.Name ?? options.Scheduler.GetType().Name,
        Shift = options.Schedule?.Shift,
        Mu = options.Schedule?.Mu,
        ImageTokens = options.Schedule?.ImageTokens,
        Sigmas = IsNamedAfterAll(options, sigmas) ? null : sigmas,

        // Of a float, the shortest digits: those that somebody typed.
        Guidance = double.Parse(options.Guidance.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
        Seed = seed,
        Noise = noise,
        Width = options.Width,
        Height = options.Height,
        TextMask = options.TextMask,
        PaddingTokens = options.PaddingTokens,
        CacheThreshold = options.CacheThreshold == 0 ? null : options.CacheThreshold,
    };

    private GenerationParameters DescribeModel() => new()
    {
        Model = Files.Name,
        TextEncoder = NameOf(Files.TextEncoder),
        Autoencoder = NameOf(Files.Autoencoder),
        Tokenizer = Files.Tokenizer is null ? null : NameOf(Files.Tokenizer),
        Fingerprints = _fingerprints,
        TokenLimit = _options.MaximumTokens,
        WeightType = _options.WeightType,
        RopeAxes = _options.RopeAxes,
        Device = Device,
        Version = Version,
    };

    /// <summary>Whether the scheduler of this name makes these levels, so that the name says them.</summary>
    private static bool IsNamedAfterAll(GenerationOptions options, float[] sigmas)
    {
        try
        {
            return options.Scheduler.Name is string name && Schedulers.TryGet(name, out IScheduler? known)
                && (known.GetType() == options.Scheduler.GetType() || options.Scheduler is RecordedScheduler)
                && Sigmas(options with { Scheduler = known }).AsSpan().SequenceEqual(sigmas);
        }
        catch (ArgumentException)
        {
            return false; // the scheduler of that name does not take these steps or this shift
        }
    }

    private Dictionary<string, string> Fingerprints()
    {
        Dictionary<string, string> prints = new(StringComparer.Ordinal)
        {
            [TransformerPart] = ModelFingerprint.Of(Files.Transformer),
            [TextEncoderPart] = ModelFingerprint.Of(Files.TextEncoder),
            [AutoencoderPart] = ModelFingerprint.Of(Files.Autoencoder),
        };
        if (Files.Tokenizer is not null)
        {
            prints[TokenizerPart] = ModelFingerprint.Of(Files.Tokenizer);
        }

        return prints;
    }

    private static string NameOf(string path) => Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(path));
}
