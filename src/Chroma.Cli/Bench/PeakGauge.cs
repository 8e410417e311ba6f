using System.Diagnostics;
using Chroma.Models;

namespace Chroma.Cli.Bench;

/// <summary>The processor's peak, measured again every now and then: what disturbs one measurement would spoil every share of the run.</summary>
internal sealed class PeakGauge(int threads)
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(15);
    private long? _measured;

    /// <summary>The best rates so far.</summary>
    public BenchPeak Best { get; private set; } = new(null, null, null);

    /// <summary>Takes about two seconds, or none at all soon after the last time.</summary>
    public void Measure()
    {
        if (_measured is { } last && Stopwatch.GetElapsedTime(last) < _interval)
        {
            return;
        }

        Best = new BenchPeak(
            Better(Best.F32, CpuPeak.Measure(WeightType.F32, threads)),
            Better(Best.Bf16, CpuPeak.Measure(WeightType.BF16, threads)),
            Better(Best.Int8, CpuPeak.Measure(WeightType.I8, threads)));
        _measured = Stopwatch.GetTimestamp();
    }

    private static double? Better(double? before, double? now) => before > now ? before : now;
}
