using System.Diagnostics;

namespace Chroma.Cli.Bench;

/// <summary>The best time of several runs. The first ones build graphs and touch memory for the first time.</summary>
/// <param name="Seconds">Of the fastest run.</param>
/// <param name="Runs">How many there were.</param>
internal readonly record struct Timing(double Seconds, int Runs)
{
    // A run that takes longer is not repeated for the sake of the first one's page faults.
    private static readonly TimeSpan _long = TimeSpan.FromSeconds(30);

    /// <summary>Times a call as often as fits a budget, at least twice unless it takes long.</summary>
    /// <param name="call">What is timed.</param>
    /// <param name="budget">No run begins later than this, but for a second one of a call that is not long.</param>
    /// <param name="most">The most runs.</param>
    /// <param name="token">Asked between runs.</param>
    public static Timing Best(Action call, TimeSpan budget, int most, CancellationToken token)
    {
        double best = double.PositiveInfinity;
        long start = Stopwatch.GetTimestamp();
        int runs = 0;
        do
        {
            token.ThrowIfCancellationRequested();
            long begun = Stopwatch.GetTimestamp();
            call();
            best = Math.Min(best, Stopwatch.GetElapsedTime(begun).TotalSeconds);
            runs++;
        }
        while (runs < most && (Stopwatch.GetElapsedTime(start) < budget || (runs == 1 && best < _long.TotalSeconds)));
        return new Timing(best, runs);
    }
}
