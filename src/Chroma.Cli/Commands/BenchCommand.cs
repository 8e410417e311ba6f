using System.CommandLine;
using System.Text.Json;
using Chroma.Cli.Bench;
using Chroma.Cli.Commands.Shared;
using Chroma.Configuration;
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
        Option<TargetType[]> type = Lists.Option<TargetType>(
            "--type", $"Types of the weights; {string.Join(',', _types.Select(known => known.ToName()))} unless told.", ParseType);
        Option<BenchBackend[]> backend = Lists.Option<BenchBackend>(
            "--backend", "chroma, this library's own (unless told); ggml, the same graph on ggml's own CPU kernels (which have no int8); or chroma,ggml.", ParseBackend);
        Option<BenchParts[]> only = Lists.Option<BenchParts>(
            "--only", $"Parts: {string.Join(',', _parts.Keys)}. All unless told; with --size or --type just forward,pair.", ParsePart);
        Option<int> threads = CommonOptions.Threads();
        Option<int> doubleBlocks = Numbers.WholeOr("--double", "Double blocks; 19 in Chroma1.", 2, 0, MostBlocks);
        Option<int> singleBlocks = Numbers.WholeOr("--single", "Single blocks; 38 in Chroma1.", 4, 0, MostBlocks);
        Option<int> textTokens = Numbers.WholeOr("--text-tokens", "Text tokens that the transformer sees.", 6, 1, MostTextTokens);
        Option<int> t5Layers = Numbers.WholeOr("--t5-layers", "Blocks of T5; 24 in XXL.", 4, 1, MostBlocks);
        Option<int> runs = Numbers.WholeOr("--runs", "The most runs of one measurement, of which the fastest counts.", 12, 1, 1000);
        Option<int> hidden = Numbers.WholeOr(
            "--hidden", $"Channels of the transformer, a multiple of {BenchSizes.HiddenStep}; the other widths follow.", BenchSizes.ChromaHidden, BenchSizes.HiddenStep, BenchSizes.ChromaHidden, BenchSizes.HiddenStep);
        Command command = new("bench", "Measure the speed of the networks on this machine, with random weights of Chroma1's widths.")
        {
            json, size, type, backend, only, threads, doubleBlocks, singleBlocks, textTokens, t5Layers, hidden, runs,
        };
        command.SetAction(async (result, token) =>
        {
            int[]? pixels = result.Given(size);
            TargetType[]? types = result.Given(type);
            IEnumerable<WeightType> usualTypes = BackendNames.HasOneDnn() ? _types : _types.Where(one => one != WeightType.Int8);
            BenchParts parts = PartsOf(result.Given(only), pixels is not null || types is not null);
            const BenchParts transformer = BenchParts.Forward | BenchParts.Pair | BenchParts.Batch;
            RefuseUnless(transformer, doubleBlocks, singleBlocks, textTokens);
            RefuseUnless(BenchParts.TextEncoder, t5Layers);
            RefuseUnless(transformer | BenchParts.TextEncoder, type);
            RefuseUnless(transformer | BenchParts.Autoencoder, size);
            if (result.GetValue(doubleBlocks) == 0 && result.GetValue(singleBlocks) == 0)
            {
                throw new UsageException("A transformer needs blocks: --double and --single cannot both be 0.");
            }

            BenchBackend[] backends = result.Given(backend) ?? [BenchBackend.Chroma];
            if (types is not null && backends.Any(one => !types.Any(known => BackendNames.Runs(one, known.Type))))
            {
                throw new UsageException("ggml has no int8: give --type another type too, or leave ggml out of --backend.");
            }

            BenchPlan plan = new()
            {
                Sizes = new BenchSizes(
                    result.GetValue(hidden), result.GetValue(doubleBlocks), result.GetValue(singleBlocks), result.GetValue(t5Layers)),
                Parts = parts,
                Pixels = pixels ?? _pixels,
                DecodePixels = pixels ?? _decodePixels,
                Types = [.. (types?.Select(one => one.Type).Distinct() ?? usualTypes).OrderByDescending(one => one == WeightType.F32)], // the others are compared with it
                Backends = backends,
                TextTokens = result.GetValue(textTokens),
                PromptTokens = _promptTokens,
                Runs = result.GetValue(runs),
                Threads = result.GetValue(threads),
            };
            foreach (TargetType one in types ?? [])
            {
                await result.InvocationConfiguration.Error.RemarkAsync(one);
            }

            return await RunAsync(plan, result.GetValue(json), result.InvocationConfiguration.Output, token);

            void RefuseUnless(BenchParts users, params Option[] options)
            {
                if ((parts & users) == 0 && options.FirstOrDefault(option => result.CommandResult.Has(option)) is Option unused)
                {
                    string names = string.Join(" or ", _parts.Where(part => users.HasFlag(part.Value)).Select(part => part.Key));
                    throw new UsageException($"{unused.Name} has no effect on the parts that run: add {names} with --only, or leave it out.");
                }
            }
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

    private static BenchParts PartsOf(BenchParts[]? only, bool networkIsChosen) => only is { Length: > 0 } ? only.Aggregate((all, part) => all | part)
        : networkIsChosen ? BenchParts.Forward | BenchParts.Pair
        : BenchParts.All;

    private static string? ParsePixels(string text, out int pixels)
    {
        bool sound = NumberText.TryParseWhole(text, out Int128 number)
            && number % GenerationOptions.SizeStep == 0 && number >= GenerationOptions.SizeStep && number <= LargestPixels;
        pixels = sound ? (int)number : 0;
        return sound ? null : $"multiples of {GenerationOptions.SizeStep} from {GenerationOptions.SizeStep} to {LargestPixels}";
    }

    private static string? ParseType(string text, out TargetType type)
    {
        string? problem = Names.ParseType(text, out TargetType? found);
        type = found!;
        return problem is null ? null : $"types out of {string.Join(", ", WeightTypes.Targets.Select(target => target.ToName()))}";
    }

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
        return "chroma or ggml";
    }

    private static string? ParsePart(string text, out BenchParts part) =>
        _parts.TryGetValue(text, out part) ? null : $"parts out of {string.Join(", ", _parts.Keys)}";
}
