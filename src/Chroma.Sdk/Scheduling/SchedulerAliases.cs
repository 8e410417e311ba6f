using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Chroma.Configuration;

namespace Chroma.Scheduling;

/// <summary>The names that schedulers have elsewhere, by their <see cref="NameKey"/>.</summary>
internal static class SchedulerAliases
{
    // AUTOMATIC1111's "Uniform" and stable-diffusion.cpp's "discrete" are k-diffusion's own levels, at equal distances in time, as ComfyUI's "normal".
    private static readonly (string Alias, string Scheduler)[] _elsewhere =
    [
        ("Uniform", "normal"),
        ("discrete", "normal"),
        ("DDIM", "ddim_uniform"),
        ("OSS", "optimal_steps"),
        ("FlowMatchEulerDiscreteScheduler", "flow_match"),
    ];

    private static readonly FrozenDictionary<string, IScheduler> _schedulers = Schedulers.All.Select(scheduler => (Alias: scheduler.Name, Scheduler: scheduler))
        .Concat(_elsewhere.Select(entry => (entry.Alias, Scheduler: Schedulers.All.First(scheduler => scheduler.Name == entry.Scheduler))))
        .ToFrozenDictionary(entry => NameKey.Of(entry.Alias), entry => entry.Scheduler, StringComparer.Ordinal);

    /// <summary>Finds a scheduler by what a name comes down to.</summary>
    public static bool TryFindKey(string key, [NotNullWhen(true)] out IScheduler? scheduler) => _schedulers.TryGetValue(key, out scheduler);

    /// <summary>Finds a scheduler by what stands behind a sampler's name, where InvokeAI writes <c>k</c> for Karras.</summary>
    public static bool TryFindSuffix(string key, [NotNullWhen(true)] out IScheduler? scheduler) => TryFindKey(key == "k" ? "karras" : key, out scheduler);
}
