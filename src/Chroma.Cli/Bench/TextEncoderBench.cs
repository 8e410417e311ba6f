using Chroma.Models;

namespace Chroma.Cli.Bench;

/// <summary>Measures T5 with one type of weights.</summary>
internal sealed class TextEncoderBench(BenchPlan plan, BenchPeak peak, IProgress<string> progress, CancellationToken token)
{
    private const double Giga = 1e9;
    private static readonly TimeSpan _budget = TimeSpan.FromSeconds(3);

    /// <summary>Measures every length of prompt on every backend.</summary>
    public IEnumerable<TextEncoderResult> Measure(WeightType type)
    {
        ResidentMemory.Reset();
        using WeightsFile weights = WeightsFile.CreateRandom(TextEncoderBlueprint.Tensors(plan.Sizes, type), seed: 1);
        foreach (int tokens in plan.PromptTokens)
        {
            List<TextEncoderResult> results = [];
            foreach (BenchBackend backend in plan.Backends)
            {
                token.ThrowIfCancellationRequested();
                progress.Report($"T5, {type.ToName()}, {tokens} tokens on {BackendNames.Of(backend)}");
                using ChromaEngine engine = BackendNames.Open(backend, plan.Threads);
                using TextEncoder encoder = TextEncoder.Load(engine, weights);
                results.Add(Measure(encoder, weights, type, backend, tokens));
            }

            double? ggml = results.Find(result => result.Backend == BackendNames.Of(BenchBackend.Ggml))?.Seconds;
            foreach (TextEncoderResult result in results)
            {
                yield return result with { SpeedupOverGgml = ggml / result.Seconds };
            }
        }
    }

    private TextEncoderResult Measure(TextEncoder encoder, WeightsFile weights, WeightType type, BenchBackend backend, int tokens)
    {
        int[,] ids = new int[1, tokens];
        for (int i = 0; i < tokens; i++)
        {
            ids[0, i] = (i * 7919) % encoder.Info.VocabularySize; // a prime, so that the rows lie apart
        }

        Work work = TextEncoderBlueprint.Work(encoder.Info, tokens);
        Timing timing = Timing.Best(() => encoder.Encode(ids), _budget, plan.Runs, token);
        return new TextEncoderResult
        {
            Type = type.ToName(),
            Backend = BackendNames.Of(backend),
            Tokens = tokens,
            Layers = encoder.Info.Layers,
            Seconds = timing.Seconds,
            Runs = timing.Runs,
            Gflop = work.Total / Giga,
            ShareOfPeak = work.Total / Giga / timing.Seconds / peak.Bf16,
            WeightBytes = weights.TensorBytes,
            ComputeBytes = encoder.Memory.ComputeBytes,
            ResidentPeakBytes = ResidentMemory.Peak(),
        };
    }
}
