using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using Chroma.Cli.Bench;
using Chroma.Cli.Commands.Shared;
using Chroma.Models;

namespace Chroma.Cli.Commands;

/// <summary><c>chroma bench</c>: how fast the networks run here, on random weights of Chroma1's widths.</summary>
internal static class BenchCommand
{
    private const int LargestPixels = 2048;
    private const int MostBlocks = 128;
    private const int MostTextTokens = 1024;

    private static readonly int[] _pixels = [256, 512, 1024];
    private static readonly int[] _decodePixels = [512, 1024];
    private static readonly int[] _promptTokens = [20, 512];
    private static readonly WeightType[] _types = [WeightType.F32, WeightType.BF16, WeightType.Q8_0, WeightType.Q4_0, WeightType.Q4_K, WeightType.Int8];

    private static readonly Dictionary<string, BenchParts> _parts = new(StringComparer.OrdinalIgnoreCase)
    {
        ["forward"] = BenchParts.Forward,
        ["pair"] = BenchParts.Pair,
        ["batch"] = BenchParts.Batch,
        ["text-encoder"] = BenchParts.TextEncoder,
        ["autoencoder"] = BenchParts.Autoencoder,
    };

    public static Command Create()
    {
        Option<bool> json = new("--json") { Description = "Print one JSON object." };
        Option<int[]> size = Lists.Option<int>("--size", "Sides of the pictures in pixels; 256,512,1024 unless told.", ParsePixels);
        Option<WeightType[]> type = Lists.Option<WeightType>(
            "--type", $"Types of the weights; {string.Join(',', _types.Select(known => known.ToName()))} unless told.", ParseType);
        Option<BenchBackend[]> backend = Lists.Option<BenchBackend>(
            "--backend", "chroma, this library's own (unless told); ggml, the same graph on ggml's own CPU kernels (which have no int8); or both.", ParseBackend);
        Option<BenchParts[]> only = Lists.Option<BenchParts>(
            "--only", $"Parts: {string.Join(',', _parts.Keys)}. All unless told; with --size or --type just forward,pair.", ParsePart);
        Option<int> threads = CommonOptions.Threads();
        Option<int> doubleBlocks = Number("--double", "Double blocks; 19 in Chroma1.", 2, 0, MostBlocks);
        Option<int> singleBlocks = Number("--single", "Single blocks; 38 in Chroma1.", 4, 0, MostBlocks);
        Option<int> textTokens = Number("--text-tokens", "Text tokens that the transformer sees.", 6, 1, MostTextTokens);
        Option<int> t5Layers = Number("--t5-layers", "Blocks of T5; 24 in XXL.", 4, 1, MostBlocks);
        Option<int> runs = Number("--runs", "The most runs of one measurement, of which the fastest counts.", 12, 1, 1000);
        Option<int> hidden = Number(
            "--hidden", $"Channels of the transformer, a multiple of {BenchSizes.HiddenStep}; the other widths follow.", BenchSizes.ChromaHidden, BenchSizes.HiddenStep, BenchSizes.ChromaHidden, BenchSizes.HiddenStep);
        Command command = new("bench", "Measure the speed of the networks on this machine, with random weights of Chroma1's widths.")
        {
            json, size, type, backend, only, threads, doubleBlocks, singleBlocks, textTokens, t5Layers, hidden, runs,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(doubleBlocks)?.GetValueOrDefault<int>() == 0 && result.GetResult(singleBlocks)?.GetValueOrDefault<int>() == 0)
            {
                result.AddError("A transformer needs blocks: --double and --single cannot both be 0.");
            }
        });
        command.SetAction((result, token) =>
        {
            int[]? pixels = result.Given(size);
            WeightType[]? types = result.Given(type);
            IEnumerable<WeightType> usualTypes = BackendNames.HasOneDnn() ? _types : _types.Where(one => one != WeightType.Int8);
            BenchParts[]? parts = result.Given(only);
            BenchPlan plan = new()
            {
                Sizes = new BenchSizes(
                    result.GetValue(hidden), result.GetValue(doubleBlocks), result.GetValue(singleBlocks), result.GetValue(t5Layers)),
                Parts = parts is not null ? parts.Aggregate((all, part) => all | part)
                    : pixels is not null || types is not null ? BenchParts.Forward | BenchParts.Pair
                    : BenchParts.All,
                Pixels = pixels ?? _pixels,
                DecodePixels = pixels ?? _decodePixels,
                Types = [.. (types ?? usualTypes).OrderByDescending(one => one == WeightType.F32)], // the others are compared with it
                Backends = result.Given(backend) ?? [BenchBackend.Chroma],
                TextTokens = result.GetValue(textTokens),
                PromptTokens = _promptTokens,
                Runs = result.GetValue(runs),
                Threads = result.GetValue(threads),
            };
            return RunAsync(plan, result.GetValue(json), result.InvocationConfiguration.Output, token);
        });
        return command;
    }

    private static async Task<int> RunAsync(BenchPlan plan, bool asJson, TextWriter output, CancellationToken token)
    {
        BenchReport report = await ProgressBar.RunAsync(bar =>
        {
            SynchronousReport<string> progress = new(what => bar.Report(new WorkState($"measuring {what}", 0)));
            return Task.Run(() => BenchRun.Measure(plan, progress, token), token);
        });
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(report, BenchJson.Default.BenchReport));
        }
        else
        {
            BenchTable.Write(report, output);
        }

        return 0;
    }

    private static Option<int> Number(string name, string description, int usual, int least, int most, int step = 1)
    {
        Option<int> option = new(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: string text }]
                && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
                && (value < least || value > most || value % step != 0))
            {
                result.AddError($"The option {name} must be {(step > 1 ? $"a multiple of {step} from " : "")}{least} to {most}, but is {value}.");
            }
        });
        return option;
    }

    private static string? ParsePixels(string text, out int pixels)
    {
        bool sound = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out pixels)
            && pixels % GenerationOptions.SizeStep == 0 && pixels is >= GenerationOptions.SizeStep and <= LargestPixels;
        return sound ? null : $"multiples of {GenerationOptions.SizeStep} from {GenerationOptions.SizeStep} to {LargestPixels}";
    }

    private static string? ParseType(string text, out WeightType type) =>
        WeightTypes.TryParse(text, out type) && type.IsTarget() ? null : $"types out of {string.Join(", ", WeightTypes.Targets.Select(target => target.ToName()))}";

    private static string? ParseBackend(string text, out BenchBackend backend)
    {
        foreach (BenchBackend known in Enum.GetValues<BenchBackend>())
        {
            if (string.Equals(text, BackendNames.Of(known), StringComparison.OrdinalIgnoreCase))
            {
                backend = known;
                return null;
            }
        }

        backend = default;
        return "chroma, ggml or both";
    }

    private static string? ParsePart(string text, out BenchParts part) =>
        _parts.TryGetValue(text, out part) ? null : $"parts out of {string.Join(", ", _parts.Keys)}";
}
