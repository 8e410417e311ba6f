using System.Diagnostics.CodeAnalysis;
using Chroma.Configuration;

namespace Chroma.Scheduling;

/// <summary>The schedulers of this library by name.</summary>
public static class Schedulers
{
    /// <summary>All of them: ComfyUI's, then diffusers', then the fixed list.</summary>
    public static IReadOnlyList<IScheduler> All { get; } =
    [
        new SimpleScheduler(),
        new NormalScheduler(leaveOutLowest: false),
        new NormalScheduler(leaveOutLowest: true),
        new BetaScheduler(),
        new KarrasScheduler(),
        new ExponentialScheduler(),
        new DdimUniformScheduler(),
        new KlOptimalScheduler(),
        new LinearQuadraticScheduler(),
        new FlowMatchScheduler(FlowMatchSpread.Shifted),
        new FlowMatchScheduler(FlowMatchSpread.Beta),
        new FlowMatchScheduler(FlowMatchSpread.Karras),
        new FlowMatchScheduler(FlowMatchSpread.Exponential),
        new OptimalStepsScheduler(),
    ];

    /// <summary>Finds a scheduler.</summary>
    /// <param name="name">Its name, as <see cref="TryGet"/> takes it.</param>
    /// <exception cref="ArgumentException">There is none of this name; the message lists those there are.</exception>
    public static IScheduler Get(string name) => TryGet(name, out IScheduler? scheduler)
        ? scheduler
        : throw new ArgumentException($"There is no scheduler '{name}'; the schedulers are {string.Join(", ", All.Select(known => known.Name))}.");

    /// <summary>Finds a scheduler.</summary>
    /// <param name="name">
    /// Its name, here or elsewhere: <c>sgm_uniform</c>, <c>SGM Uniform</c>, <c>FlowMatchEulerDiscreteScheduler</c>. Case, spaces, hyphens and
    /// underscores do not matter.
    /// </param>
    /// <param name="scheduler">The scheduler, where there is one.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryGet(string name, [NotNullWhen(true)] out IScheduler? scheduler)
    {
        ArgumentNullException.ThrowIfNull(name);
        return SchedulerAliases.TryFindKey(NameKey.Of(name), out scheduler);
    }
}
