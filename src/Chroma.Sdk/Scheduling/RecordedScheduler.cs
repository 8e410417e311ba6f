namespace Chroma.Scheduling;

/// <summary>
/// The noise levels that a picture states, under the name of the scheduler that once made them. They already have their shift, which samplers are told all
/// the same.
/// </summary>
/// <param name="name">The scheduler's name.</param>
/// <param name="sigmas">The levels.</param>
/// <param name="asked">The number of steps for which they were made; some schedulers give another one.</param>
/// <param name="shift">The options under which they were made.</param>
internal sealed class RecordedScheduler(string name, IReadOnlyList<float> sigmas, int asked, SchedulerOptions? shift) : IScheduler
{
    public string Name => name;

    public float[] GetSigmas(int steps, SchedulerOptions? options = null)
    {
        if (steps != asked)
        {
            throw new ArgumentException($"The picture states the noise levels of {asked} steps, but the option 'steps' is {steps}: name a scheduler, too.");
        }

        // While options are put together, none is given yet.
        return options is null || options == shift
            ? [.. sigmas]
            : throw new ArgumentException("The picture states its noise levels, to which another shift cannot be applied: name a scheduler, too.");
    }
}
