namespace Chroma.Scheduling;

/// <summary>
/// The noise levels that ComfyUI's schedulers choose from: its sampling objects ModelSamplingFlux and ModelSamplingDiscreteFlow
/// (<c>comfy/model_sampling.py</c>), in float32 as there.
/// </summary>
public sealed class SigmaTable
{
    /// <summary>ComfyUI's mu for Chroma, whatever the size of the picture.</summary>
    public const double DefaultMu = 1.15;

    private readonly float[] _sigmas;
    private readonly Func<float, float> _sigma;

    private SigmaTable(int length, Func<float, float> sigma)
    {
        _sigma = sigma;
        _sigmas = new float[length];
        for (int i = 0; i < length; i++)
        {
            _sigmas[i] = sigma((i + 1f) / length);
        }
    }

    /// <summary>The levels, rising, the last one 1.</summary>
    public ReadOnlySpan<float> Sigmas => _sigmas;

    /// <summary>The lowest level, above 0.</summary>
    public float Lowest => _sigmas[0];

    /// <summary>The highest level, 1.</summary>
    public float Highest => _sigmas[^1];

    /// <summary>ModelSamplingFlux: 10,000 levels under the exponential shift.</summary>
    /// <param name="mu">How far; see <see cref="SchedulerOptions.Mu"/>.</param>
    /// <exception cref="ArgumentException">It is out of range.</exception>
    public static SigmaTable Flux(double mu = DefaultMu)
    {
        new SchedulerOptions { Mu = mu }.Validate();
        return new SigmaTable(10_000, time => TimeShift.ExponentialSingle(time, mu));
    }

    /// <summary>ModelSamplingDiscreteFlow: 1,000 levels under the static shift.</summary>
    /// <param name="shift">How far; see <see cref="SchedulerOptions.Shift"/>.</param>
    /// <exception cref="ArgumentException">It is out of range.</exception>
    public static SigmaTable DiscreteFlow(double shift)
    {
        new SchedulerOptions { Shift = shift }.Validate();
        return new SigmaTable(1_000, time => TimeShift.StaticSingle(time, shift));
    }

    /// <summary>The table that options ask for: discrete flow for a shift, otherwise Flux.</summary>
    /// <exception cref="ArgumentException">The options are out of range or contradict each other.</exception>
    public static SigmaTable Of(SchedulerOptions? options)
    {
        options?.Validate();
        return options?.Shift is double shift ? DiscreteFlow(shift) : Flux(options?.EffectiveMu ?? DefaultMu);
    }

    /// <summary>The level of a time, between the entries of the table too.</summary>
    /// <param name="time">A time of (0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">It is none.</exception>
    public float SigmaOf(float time) => time is > 0 and <= 1
        ? _sigma(time)
        : throw new ArgumentOutOfRangeException(nameof(time), time, "A time must be above 0 and at most 1.");
}
