namespace Chroma.Scheduling;

/// <summary>A schedule that the caller has made: the same levels whatever is asked for.</summary>
public sealed class CustomScheduler : IScheduler
{
    private readonly float[] _sigmas;

    /// <summary>Takes over levels.</summary>
    /// <param name="sigmas">At least two levels of [0, 1], finite, never rising, the first above 0 and the last one 0. Copied.</param>
    /// <exception cref="ArgumentException">The levels are not so; the message says which one.</exception>
    public CustomScheduler(params ReadOnlySpan<float> sigmas)
    {
        SigmaSchedule.Validate(sigmas);
        _sigmas = sigmas.ToArray();
    }

    /// <inheritdoc/>
    public string Name => "custom";

    /// <summary>The number of steps, the only one for which <see cref="GetSigmas"/> has a schedule.</summary>
    public int Steps => _sigmas.Length - 1;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The number of steps is not <see cref="Steps"/>, or a shift is given: the levels are fixed.</exception>
    public float[] GetSigmas(int steps, SchedulerOptions? options = null)
    {
        if (steps != Steps)
        {
            throw new ArgumentException($"The custom schedule has {Steps} steps, but the option 'steps' is {steps}.");
        }

        if (options is { Mu: not null } or { Shift: not null } or { ImageTokens: not null })
        {
            throw new ArgumentException("The custom schedule has fixed levels: it takes neither mu nor shift nor image tokens.");
        }

        return [.. _sigmas];
    }
}
