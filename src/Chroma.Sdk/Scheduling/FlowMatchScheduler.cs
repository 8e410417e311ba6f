namespace Chroma.Scheduling;

/// <summary>How the levels of a <see cref="FlowMatchScheduler"/> are spread between the first and the last.</summary>
public enum FlowMatchSpread
{
    /// <summary>As the shift leaves them (<c>flow_match</c>).</summary>
    Shifted,

    /// <summary>By the quantiles of a beta distribution with alpha = beta = 0.6 (<c>flow_match_beta</c>, diffusers' <c>use_beta_sigmas</c>).</summary>
    Beta,

    /// <summary>At equal distances in sigma^(1/7) (<c>flow_match_karras</c>, diffusers' <c>use_karras_sigmas</c>).</summary>
    Karras,

    /// <summary>At equal distances in log sigma (<c>flow_match_exponential</c>, diffusers' <c>use_exponential_sigmas</c>).</summary>
    Exponential,
}

/// <summary>
/// diffusers' FlowMatchEulerDiscreteScheduler as its Chroma pipeline calls it: levels 1, 1 - 1/n, ... 1/n are shifted (a static shift, 1 by
/// default, or mu), then spread anew where the spread is not <see cref="FlowMatchSpread.Shifted"/>.
/// </summary>
/// <param name="spread">How levels are spread.</param>
/// <param name="endsAtTrainedMinimum">
/// False for the pipeline's levels. True for those that the scheduler takes by itself (<c>set_timesteps(n)</c>): from 1 to the lowest level of
/// training, 1/1000, which a static shift has already been applied to.
/// </param>
public sealed class FlowMatchScheduler(FlowMatchSpread spread = FlowMatchSpread.Shifted, bool endsAtTrainedMinimum = false) : IScheduler
{
    private const double TrainedMinimum = 1.0 / 1000;

    private readonly FlowMatchSpread _spread = Enum.IsDefined(spread)
        ? spread
        : throw new ArgumentOutOfRangeException(nameof(spread), spread, "This is not a spread of levels.");

    /// <inheritdoc/>
    public string Name => _spread switch
    {
        FlowMatchSpread.Beta => "flow_match_beta",
        FlowMatchSpread.Karras => "flow_match_karras",
        FlowMatchSpread.Exponential => "flow_match_exponential",
        _ => "flow_match",
    };

    /// <inheritdoc/>
    public float[] GetSigmas(int steps, SchedulerOptions? options = null)
    {
        SchedulerOptions.ValidateSteps(steps);
        options?.Validate();
        double[] levels = Spacing.Linear(1.0, LastLevel(steps, options), steps);
        for (int i = 0; i < steps; i++)
        {
            levels[i] = Shift(levels[i], options);
        }

        Spread(levels);
        float[] sigmas = new float[steps + 1];
        for (int i = 0; i < steps; i++)
        {
            sigmas[i] = (float)levels[i];
        }

        return sigmas;
    }

    /// <summary>Shifts in the precision of the original: float64 for the scheduler's own levels, float32 for those of the pipeline.</summary>
    private double Shift(double level, SchedulerOptions? options)
    {
        double shift = options?.Shift ?? 1;
        if (endsAtTrainedMinimum)
        {
            return options?.EffectiveMu is double mu ? TimeShift.Exponential(level, mu) : TimeShift.Static(level, shift);
        }

        if (options?.EffectiveMu is double pipelineMu)
        {
            float factor = (float)Math.Exp(pipelineMu);
            return factor / (factor + ((1f / (float)level) - 1f));
        }

        return TimeShift.StaticSingle((float)level, shift);
    }

    private double LastLevel(int steps, SchedulerOptions? options)
    {
        if (!endsAtTrainedMinimum)
        {
            return 1.0 / steps;
        }

        return options?.Shift is null ? TrainedMinimum : Shift(TrainedMinimum, options);
    }

    private void Spread(double[] levels)
    {
        double first = levels[0];
        double last = levels[^1];
        double[] ramp = Spacing.Linear(0.0, 1.0, levels.Length);
        for (int i = 0; i < levels.Length; i++)
        {
            levels[i] = _spread switch
            {
                FlowMatchSpread.Beta => last + (BetaDistribution.Quantile(1 - ramp[i], 0.6, 0.6) * (first - last)),
                FlowMatchSpread.Karras => Math.Pow(Blend(Math.Pow(first, 1.0 / 7), Math.Pow(last, 1.0 / 7), ramp[i]), 7),
                FlowMatchSpread.Exponential => Math.Exp(Blend(Math.Log(first), Math.Log(last), ramp[i])),
                _ => levels[i],
            };
        }
    }

    private static double Blend(double from, double to, double place) => from + (place * (to - from));
}
