using System.Globalization;

namespace Chroma.Scheduling;

/// <summary>
/// The list of levels that was searched for Chroma with the method of Pei et al., "Optimal stepsize for diffusion sampling", 2025, as ComfyUI's
/// OptimalStepsScheduler has it (<c>comfy_extras/nodes_optimalsteps.py</c>). It is for 40 steps; other numbers interpolate its logarithms.
/// </summary>
public sealed class OptimalStepsScheduler : IScheduler
{
    private static ReadOnlySpan<double> ChromaLevels =>
    [
        0.992, 0.99, 0.988, 0.985, 0.982, 0.978, 0.973, 0.968, 0.961, 0.953, 0.943, 0.931, 0.917, 0.9, 0.881, 0.858, 0.832, 0.802, 0.769, 0.731,
        0.69, 0.646, 0.599, 0.55, 0.501, 0.451, 0.402, 0.355, 0.311, 0.27, 0.232, 0.199, 0.169, 0.143, 0.12, 0.101, 0.084, 0.07, 0.058, 0.048,
        0.001,
    ];

    private readonly double _denoise;

    /// <summary>Makes the scheduler.</summary>
    /// <param name="denoise">
    /// Above 0 to 1: the part of the schedule, counted from its end, that is kept, so that an image is changed rather than made.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The part is not above 0 and at most 1.</exception>
    public OptimalStepsScheduler(double denoise = 1)
    {
        if (!(denoise > 0 && denoise <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(denoise), denoise, "The part of the schedule must be above 0 and at most 1.");
        }

        _denoise = denoise;
    }

    /// <inheritdoc/>
    public string Name => "optimal_steps";

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The number of steps is out of range, or a shift is given: the levels are fixed.</exception>
    public float[] GetSigmas(int steps, SchedulerOptions? options = null)
    {
        SchedulerOptions.ValidateSteps(steps);
        options?.Validate();
        if (options is { Mu: not null } or { Shift: not null } or { ImageTokens: not null })
        {
            throw new ArgumentException("The scheduler 'optimal_steps' has fixed levels: it takes neither mu nor shift nor image tokens.");
        }

        int kept = (int)Math.Round(steps * _denoise, MidpointRounding.ToEven);
        if (kept == 0)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"The scheduler 'optimal_steps' keeps {_denoise} of the schedule, which is not one of {steps} steps."));
        }

        float[] sigmas = new float[kept + 1];
        for (int i = 0; i < kept; i++)
        {
            sigmas[i] = (float)Level(steps - kept + i, steps);
        }

        return sigmas;
    }

    /// <summary>The level at the start of a step.</summary>
    private static double Level(int step, int steps)
    {
        ReadOnlySpan<double> levels = ChromaLevels;
        int intervals = levels.Length - 1;
        double place = (double)step * intervals / steps;
        int before = Math.Min((int)place, intervals - 1);
        double weight = place - before;
        return weight == 0 ? levels[before] : Math.Exp(((1 - weight) * Math.Log(levels[before])) + (weight * Math.Log(levels[before + 1])));
    }
}
