using Chroma.Models;
using Chroma.Noise;
using Chroma.Tensors;

namespace Chroma.Cli.Bench;

/// <summary>Measures the autoencoder's decoder.</summary>
internal sealed class AutoencoderBench(BenchPlan plan, PeakGauge peak, IProgress<string> progress, CancellationToken token)
{
    private const int Downscale = 8;
    private const double Giga = 1e9;
    private static readonly TimeSpan _budget = TimeSpan.FromSeconds(4);

    /// <summary>Measures every size on every backend.</summary>
    public IReadOnlyList<AutoencoderResult> Measure()
    {
        AutoencoderBlueprint blueprint = new(plan.Sizes);
        using WeightsFile weights = WeightsFile.CreateRandom(blueprint.Tensors, seed: 1);
        List<AutoencoderResult> results = [];
        foreach (BenchBackend backend in plan.Backends)
        {
            using ChromaEngine engine = BackendNames.Open(backend, plan.Threads);
            foreach (int pixels in plan.DecodePixels)
            {
                token.ThrowIfCancellationRequested();
                progress.Report($"the autoencoder at {pixels} pixels on {BackendNames.Of(backend)}");
                ResidentMemory.Reset();
                using Autoencoder autoencoder = Autoencoder.Load(engine, weights);
                results.Add(Measure(autoencoder, blueprint.Work(pixels), backend, pixels));
                peak.Measure();
            }
        }

        return [.. Comparison.WithGgml(results, result => result.Size).OrderBy(result => result.Size)];
    }

    private AutoencoderResult Measure(Autoencoder autoencoder, Work work, BenchBackend backend, int pixels)
    {
        FloatTensor latent = new(1, autoencoder.Info.LatentChannels, pixels / Downscale, pixels / Downscale);
        new TorchNoise(seed: 1).Fill(latent.Span);
        RunProfile profile = new();
        Timing timing = Timing.Best(() => autoencoder.Decode(latent, options: new RunOptions { Profile = profile }), _budget, plan.Runs, token);
        MemoryUsage memory = autoencoder.Memory;
        return new AutoencoderResult
        {
            Size = pixels,
            Type = WeightType.F16.ToName(),
            Backend = BackendNames.Of(backend),
            Seconds = timing.Seconds,
            Runs = timing.Runs,
            Gflop = work.Total / Giga,
            ConvolutionShare = profile.Convolution / profile.Total,
            AttentionShare = profile.Attention / profile.Total,
            WeightBytes = memory.WeightBytes + memory.MappedBytes,
            ComputeBytes = memory.PeakBytes - memory.WeightBytes,
            ResidentPeakBytes = ResidentMemory.Peak(),
        };
    }
}
