using Chroma.Models;

namespace Chroma.Cli.Bench;

/// <summary>Measures T5 with one type of weights.</summary>
internal sealed class TextEncoderBench(BenchPlan plan, PeakGauge peak, IProgress<string> progress, CancellationToken token)
{
    private const double Giga = 1e9;
    private static readonly TimeSpan _budget = TimeSpan.FromSeconds(3);

    /// <summary>Measures every length of prompt on every backend.</summary>
    public IReadOnlyList<TextEncoderResult> Measure(WeightType type)
    {
        ResidentMemory.Reset();
        WeightType stored = type == WeightType.Int8 ? WeightType.BF16 : type;
        using WeightsFile weights = WeightsFile.CreateRandom(TextEncoderBlueprint.Tensors(plan.Sizes, stored), seed: 1);
        List<TextEncoderResult> results = [];
        foreach (BenchBackend backend in plan.Backends.Where(backend => BackendNames.Runs(backend, type)))
        {
            using ChromaEngine engine = BackendNames.Open(backend, plan.Threads);
            using TextEncoder encoder = TextEncoder.Load(engine, weights, new ModelLoadOptions { Type = type == stored ? WeightType.Stored : type });
            foreach (int tokens in plan.PromptTokens)
            {
                token.ThrowIfCancellationRequested();
                progress.Report($"T5, {type.ToName()}, {tokens} tokens on {BackendNames.Of(backend)}");
                results.Add(Measure(encoder, type, backend, tokens));
                peak.Measure();
            }
        }

        return [.. Comparison.WithGgml(results, result => result.Tokens).OrderBy(result => result.Tokens)];
    }

    private TextEncoderResult Measure(TextEncoder encoder, WeightType type, BenchBackend backend, int tokens)
    {
        int[,] ids = new int[1, tokens];
        for (int i = 0; i < tokens; i++)
        {
            ids[0, i] = (i * 7919) % encoder.Info.VocabularySize; // a prime, so that the rows lie apart
        }

        Work work = TextEncoderBlueprint.Work(encoder.Info, tokens);
        Timing timing = Timing.Best(() => encoder.Encode(ids), _budget, plan.Runs, token);
        MemoryUsage memory = encoder.Memory;
        return new TextEncoderResult
        {
            Type = type.ToName(),
            Backend = BackendNames.Of(backend),
            Tokens = tokens,
            Layers = encoder.Info.Layers,
            Seconds = timing.Seconds,
            Runs = timing.Runs,
            Gflop = work.Total / Giga,
            WeightBytes = memory.WeightBytes + memory.MappedBytes,
            ComputeBytes = memory.ComputeBytes,
            ResidentPeakBytes = ResidentMemory.Peak(),
        };
    }
}
