using System.Numerics.Tensors;
using Chroma.Models;
using Chroma.Noise;
using Chroma.Tensors;

namespace Chroma.Cli.Bench;

/// <summary>Measures the transformer with one type of weights.</summary>
internal sealed class TransformerBench(BenchPlan plan, PeakGauge peak, IProgress<string> progress, CancellationToken token)
{
    private const int MostSamples = 4;
    private const int PixelsPerToken = 16;
    private const int PixelsPerLatent = 8;
    private const int LatentChannels = 16;
    private const double Giga = 1e9;

    // A new level in every call, so that the Approximator runs each time; exact steps, so that no two are equal.
    private const float LevelStep = 1 / 1024f;

    private static readonly TimeSpan _budget = TimeSpan.FromSeconds(8);

    // A pair takes twice as long as one; past this it is left out.
    private const double LongestPair = 30;

    // One sample that takes less than this, in seconds, is timed again after the pair.
    private const double Again = 5;

    private readonly Dictionary<(BenchBackend, int), FloatTensor> _exact = [];
    private int _level;

    public long Parameters { get; private set; }

    /// <summary>Measures every size on every backend.</summary>
    public IReadOnlyList<ForwardResult> Measure(WeightType type)
    {
        progress.Report($"{type.ToName()} weights");
        ResidentMemory.Reset();

        // Random checkpoints have no int8 rows: those are made while loading.
        WeightType stored = type == WeightType.Int8 ? WeightType.BF16 : type;
        using WeightsFile weights = WeightsFile.CreateRandom(TransformerBlueprint.Tensors(plan.Sizes, stored), seed: 1);
        Parameters = weights.ParameterCount;
        List<ForwardResult> results = [];
        foreach (BenchBackend backend in plan.Backends.Where(backend => BackendNames.Runs(backend, type)))
        {
            using ChromaEngine engine = BackendNames.Open(backend, plan.Threads);
            using Transformer transformer = Transformer.Load(engine, weights, new ModelLoadOptions { Type = type == stored ? WeightType.Stored : type });
            foreach (int pixels in plan.Pixels)
            {
                token.ThrowIfCancellationRequested();
                progress.Report($"{type.ToName()} at {pixels} pixels on {BackendNames.Of(backend)}");
                results.Add(Measure(transformer, type, backend, pixels));
                peak.Measure();
            }
        }

        return [.. Comparison.WithGgml(results, result => result.Size).OrderBy(result => result.Size)];
    }

    private ForwardResult Measure(Transformer transformer, WeightType type, BenchBackend backend, int pixels)
    {
        int imageTokens = pixels / PixelsPerToken * (pixels / PixelsPerToken);
        int tokens = imageTokens + plan.TextTokens;
        Work work = TransformerBlueprint.Work(transformer.Info, 1, imageTokens, plan.TextTokens);
        Inputs one = new(transformer.Info, pixels, 1, plan.TextTokens, oneLatent: true);

        (Timing timing, RunProfile profile, MemoryUsage memory, double? pair) = Measure(transformer, one, pixels);
        double seconds = timing.Seconds;
        // How time grows with samples shows at the smallest size, where they share most.
        bool batches = plan.Parts.HasFlag(BenchParts.Batch) && pixels == plan.Pixels.Min();
        List<BatchResult>? batch = batches ? [new BatchResult(1, seconds)] : null;
        for (int samples = 2; batch is not null && samples <= MostSamples; samples++)
        {
            batch.Add(new BatchResult(samples, BestOfBatch(transformer, pixels, samples)));
        }

        return new ForwardResult
        {
            Size = pixels,
            Type = type.ToName(),
            Backend = BackendNames.Of(backend),
            Tokens = tokens,
            Seconds = seconds,
            Runs = timing.Runs,
            Gflop = work.Total / Giga,
            LinearShare = profile.Linear / profile.Total,
            AttentionShare = profile.Attention / profile.Total,
            OtherShare = profile.Other / profile.Total,
            LinearGflops = Rate(work.Linear, profile.Linear),
            AttentionGflops = Rate(work.Attention, profile.Attention),
            PairSeconds = pair,
            PairRatio = pair / seconds,
            Batch = batch,
            CosineToF32 = Cosine(transformer, one, type, backend, pixels),
            WeightBytes = transformer.Memory.WeightBytes + transformer.Memory.MappedBytes,
            ComputeBytes = memory.ComputeBytes,
            ResidentPeakBytes = ResidentMemory.Peak(),
        };
    }

    // One sample before and after the pair, where that takes little time: what slows the machine down for a while should slow neither alone. Not run
    // by run, because a transformer keeps the graph of its last shape.
    private (Timing One, RunProfile Profile, MemoryUsage Memory, double? PairSeconds) Measure(Transformer transformer, Inputs one, int pixels)
    {
        Timing timing = new();
        RunProfile fastest = new();
        void Time() => timing.Add(() => Run(transformer, one, ref fastest), _budget, plan.Runs, token);

        Time();
        MemoryUsage memory = transformer.Memory;
        if (!plan.Parts.HasFlag(BenchParts.Pair) || 2 * timing.Seconds >= LongestPair)
        {
            return (timing, fastest, memory, null);
        }

        Inputs two = new(transformer.Info, pixels, 2, plan.TextTokens, oneLatent: true);
        Timing pair = Timing.Best(() => Run(transformer, two), 2 * _budget, plan.Runs, token);
        if (timing.Seconds < Again)
        {
            Time();
        }

        return (timing, fastest, memory, pair.Seconds);
    }

    private static double Rate(double operations, TimeSpan time) => time > TimeSpan.Zero ? operations / Giga / time.TotalSeconds : 0;

    // Pictures of a batch, unlike a prompt and its negative prompt, have latents of their own.
    private double BestOfBatch(Transformer transformer, int pixels, int samples)
    {
        Inputs inputs = new(transformer.Info, pixels, samples, plan.TextTokens, oneLatent: false);
        return Timing.Best(() => Run(transformer, inputs), _budget, plan.Runs, token).Seconds;
    }

    // Compared at one fixed level, with the float32 weights that come first where they were asked for.
    private double? Cosine(Transformer transformer, Inputs inputs, WeightType type, BenchBackend backend, int pixels)
    {
        if (!plan.Types.Contains(WeightType.F32))
        {
            return null;
        }

        FloatTensor velocity = transformer.Forward(inputs.Latent, inputs.Timesteps(0.5f), inputs.Context);
        if (type == WeightType.F32)
        {
            _exact[(backend, pixels)] = velocity;
        }

        return _exact.TryGetValue((backend, pixels), out FloatTensor? exact) ? TensorPrimitives.CosineSimilarity<float>(velocity.Span, exact.Span) : null;
    }

    private void Run(Transformer transformer, Inputs inputs, ref RunProfile fastest)
    {
        RunProfile profile = new();
        Run(transformer, inputs, profile);
        if (fastest.Total == TimeSpan.Zero || profile.Total < fastest.Total)
        {
            fastest = profile;
        }
    }

    private void Run(Transformer transformer, Inputs inputs, RunProfile? profile = null)
    {
        float level = 1 - (++_level % 1000 * LevelStep);
        transformer.Forward(inputs.Latent, inputs.Timesteps(level), inputs.Context, options: new RunOptions { Profile = profile });
    }

    /// <summary>Latents and text states of variance 1.</summary>
    private sealed class Inputs
    {
        public Inputs(TransformerInfo info, int pixels, int samples, int textTokens, bool oneLatent)
        {
            Latent = new FloatTensor(samples, LatentChannels, pixels / PixelsPerLatent, pixels / PixelsPerLatent);
            Context = new FloatTensor(samples, textTokens, info.ContextSize);
            TorchNoise noise = new(seed: 1);
            noise.Fill(Latent.Span);
            noise.Fill(Context.Span);
            for (int sample = 1; oneLatent && sample < samples; sample++)
            {
                int size = Latent.Length / samples;
                Latent.Span[..size].CopyTo(Latent.Span[(sample * size)..]);
            }
        }

        public FloatTensor Latent { get; }

        public FloatTensor Context { get; }

        public float[] Timesteps(float level)
        {
            float[] levels = new float[Latent.Shape[0]];
            Array.Fill(levels, level);
            return levels;
        }
    }
}
