using Chroma.Models;

namespace Chroma.Cli.Bench;

/// <summary>The processor's peak, measured again between the results: what disturbs one measurement would spoil every share of the run.</summary>
internal sealed class PeakGauge(int threads)
{
    /// <summary>The best rates so far.</summary>
    public BenchPeak Best { get; private set; } = new(null, null, null);

    /// <summary>Takes about two seconds.</summary>
    public void Measure() => Best = new BenchPeak(
        Better(Best.F32, CpuPeak.Measure(WeightType.F32, threads)),
        Better(Best.Bf16, CpuPeak.Measure(WeightType.BF16, threads)),
        Better(Best.Int8, CpuPeak.Measure(WeightType.I8, threads)));

    private static double? Better(double? before, double? now) => before > now ? before : now;
}
