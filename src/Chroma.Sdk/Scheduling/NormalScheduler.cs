namespace Chroma.Scheduling;

/// <summary>
/// ComfyUI's <c>normal</c> and <c>sgm_uniform</c>: equally spaced times between the highest and the lowest level, put through the
/// table's shift. ComfyUI takes the levels themselves for times here, so that they are shifted twice; so do we.
/// </summary>
public sealed class NormalScheduler : TableScheduler
{
    private readonly bool _leaveOutLowest;

    /// <summary>Makes one of the two.</summary>
    /// <param name="leaveOutLowest">
    /// Whether the steps end before the lowest level (<c>sgm_uniform</c>, after Stability AI's generative-models) or at it (<c>normal</c>).
    /// </param>
    public NormalScheduler(bool leaveOutLowest) => _leaveOutLowest = leaveOutLowest;

    /// <inheritdoc/>
    public override string Name => _leaveOutLowest ? "sgm_uniform" : "normal";

    /// <inheritdoc/>
    protected override float[] Pick(SigmaTable table, int steps)
    {
        ArgumentNullException.ThrowIfNull(table);

        // Where the last level is as good as 0 already, ComfyUI lets it stand for the 0 at the end, and so spares a step.
        const float asGoodAsZero = 1e-5f;
        bool endsAtLowest = !_leaveOutLowest && table.SigmaOf(table.Lowest) <= asGoodAsZero;
        int points = _leaveOutLowest || endsAtLowest ? steps + 1 : steps;
        float[] times = Spacing.Linear(table.Highest, table.Lowest, points);
        float[] sigmas = new float[steps + 1];
        for (int i = 0; i < steps; i++)
        {
            sigmas[i] = table.SigmaOf(times[i]);
        }

        return sigmas;
    }
}
