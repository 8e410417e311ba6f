namespace Chroma.Scheduling;

/// <summary>A scheduler of ComfyUI (<c>comfy/samplers.py</c>): it picks levels from a <see cref="SigmaTable"/>.</summary>
public abstract class TableScheduler : IScheduler
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public float[] GetSigmas(int steps, SchedulerOptions? options = null)
    {
        SchedulerOptions.ValidateSteps(steps);
        return Pick(SigmaTable.Of(options), steps);
    }

    /// <summary>Picks the levels.</summary>
    /// <param name="table">What to pick from.</param>
    /// <param name="steps">The number of steps, at least 1.</param>
    /// <returns>The levels, never rising, the last one 0.</returns>
    protected abstract float[] Pick(SigmaTable table, int steps);
}
