using Chroma.Sampling;
using Chroma.Scheduling;
using Xunit;

namespace Chroma.EndToEnd.Tests.Nano;

/// <summary>Every sampler and every scheduler of the library, with its own default options, arrives at the scene.</summary>
[Collection(NanoGroup.Name)]
public sealed class SamplerTests(NanoFixture nano)
{
    private const int Steps = 8;

    // High orders by extrapolation magnify what changes from step to step: these three need small steps.
    private static Dictionary<string, int> MoreSteps { get; } = new() { ["lms"] = 24, ["ipndm_v"] = 24, ["dpmpp_3m_sde"] = 40 };

    public static TheoryData<string> SamplerNames => [.. Samplers.BuiltIn.Names];

    public static TheoryData<string> SchedulerNames => [.. Schedulers.All.Select(scheduler => scheduler.Name)];

    [Theory]
    [MemberData(nameof(SamplerNames))]
    public Task Every_sampler_reaches_the_scene(string sampler) =>
        EasyScenes.AssertRightAsync(
            nano.Studio, nano.Studio.Defaults with { Steps = MoreSteps.GetValueOrDefault(sampler, Steps), Sampler = Samplers.BuiltIn.Create(sampler) });

    [Theory]
    [MemberData(nameof(SchedulerNames))]
    public Task Every_scheduler_reaches_the_scene(string scheduler) =>
        EasyScenes.AssertRightAsync(nano.Studio, nano.Studio.Defaults with { Steps = Steps, Scheduler = Schedulers.Get(scheduler), Schedule = null });
}
