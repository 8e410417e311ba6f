using System.Diagnostics;

namespace Chroma.Cli.Bench;

/// <summary>The best time of several runs. The first ones build graphs and touch memory for the first time.</summary>
internal sealed class Timing
{
    // A run that takes longer is not repeated for the sake of the first one's page faults.
    private static readonly TimeSpan _long = TimeSpan.FromSeconds(30);

    /// <summary>Of the fastest run.</summary>
    public double Seconds { get; private set; } = double.PositiveInfinity;

    /// <summary>How many there were.</summary>
    public int Runs { get; private set; }

    /// <summary>Times a call as often as fits a budget, at least twice unless it takes long.</summary>
    /// <param name="call">What is timed.</param>
    /// <param name="budget">No run begins later than this, but for a second one of a call that is not long.</param>
    /// <param name="most">The most runs.</param>
    /// <param name="token">Asked between runs.</param>
    public static Timing Best(Action call, TimeSpan budget, int most, CancellationToken token)
    {
        Timing timing = new();
        timing.Add(call, budget, most, token);
        return timing;
    }

    /// <summary>Times a call some more; the parameters are those of <see cref="Best"/>.</summary>
    public void Add(Action call, TimeSpan budget, int most, CancellationToken token)
    {
        long start = Stopwatch.GetTimestamp();
        for (int run = 0; run < most && (Stopwatch.GetElapsedTime(start) < budget || (run == 1 && Seconds < _long.TotalSeconds)); run++)
        {
            token.ThrowIfCancellationRequested();
            long begun = Stopwatch.GetTimestamp();
            call();
            Seconds = Math.Min(Seconds, Stopwatch.GetElapsedTime(begun).TotalSeconds);
            Runs++;
        }
    }
}
