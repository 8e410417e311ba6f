using Chroma.Scheduling;
using CsCheck;
using Xunit;

namespace Chroma.Sdk.Tests.Scheduling;

public sealed class SchedulersTests
{
    [Fact]
    public void The_names_are_those_of_the_command_line() => Assert.Equal(
        [
            "simple", "normal", "sgm_uniform", "beta", "karras", "exponential", "ddim_uniform", "kl_optimal", "linear_quadratic",
            "flow_match", "flow_match_beta", "flow_match_karras", "flow_match_exponential", "optimal_steps",
        ],
        Schedulers.All.Select(scheduler => scheduler.Name));

    [Fact]
    public void A_scheduler_is_found_whatever_the_case_of_its_name()
    {
        Assert.All(Schedulers.All, scheduler => Assert.Same(scheduler, Schedulers.Get(scheduler.Name.ToUpperInvariant())));
        Assert.False(Schedulers.TryGet("cosine", out IScheduler? none));
        Assert.Null(none);
    }

    [Fact]
    public void An_unknown_name_is_answered_with_the_names()
    {
        string message = Assert.Throws<ArgumentException>(() => Schedulers.Get("cosine")).Message;
        Assert.StartsWith("There is no scheduler 'cosine'; the schedulers are simple, normal, sgm_uniform,", message, StringComparison.Ordinal);
        Assert.EndsWith("optimal_steps.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_schedule_lies_between_0_and_1_never_rises_and_ends_with_0()
    {
        Gen<SchedulerOptions?> options = Gen.OneOf(
            Gen.Const((SchedulerOptions?)null),
            Gen.Double[-20, 20].Select(mu => (SchedulerOptions?)new SchedulerOptions { Mu = mu }),
            Gen.Double[-2, 2].Select(power => (SchedulerOptions?)new SchedulerOptions { Shift = Math.Clamp(Math.Pow(10, power), 0.01, 100) }),
            Gen.Int[1, 65_536].Select(tokens => (SchedulerOptions?)new SchedulerOptions { ImageTokens = tokens }));
        Gen.Select(Gen.Int[0, Schedulers.All.Count - 1].Select(index => Schedulers.All[index]), Gen.Int[1, 60], options).Sample(
            (scheduler, steps, given) =>
            {
                float[] sigmas = scheduler.GetSigmas(steps, scheduler is OptimalStepsScheduler ? null : given);
                SigmaSchedule.Validate(sigmas);
                if (scheduler is not BetaScheduler and not DdimUniformScheduler)
                {
                    Assert.Equal(steps + 1, sigmas.Length);
                }
            },
            iter: 2000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(999)]
    [InlineData(10_000)]
    public void Every_scheduler_takes_the_fewest_and_the_most_steps(int steps) =>
        Assert.All(Schedulers.All, scheduler => SigmaSchedule.Validate(scheduler.GetSigmas(steps)));

    [Fact]
    public void A_single_step_goes_from_the_highest_level_to_0() => Assert.All(
        Schedulers.All.Where(scheduler => scheduler.Name is not ("ddim_uniform" or "optimal_steps")),
        scheduler => Assert.Equal([1f, 0f], scheduler.GetSigmas(1)));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(10_001)]
    public void A_number_of_steps_out_of_range_is_refused_by_name(int steps)
    {
        foreach (IScheduler scheduler in Schedulers.All)
        {
            string message = Assert.Throws<ArgumentException>(() => scheduler.GetSigmas(steps)).Message;
            Assert.Equal($"The option 'steps' must lie between 1 and 10000, but is {steps}.", message);
        }
    }

    [Theory]
    [InlineData(double.NaN, null, null, "The option 'mu' must lie between -20 and 20, but is NaN.")]
    [InlineData(double.PositiveInfinity, null, null, "The option 'mu' must lie between -20 and 20, but is Infinity.")]
    [InlineData(null, 0.0, null, "The option 'shift' must lie between 0.01 and 100, but is 0.")]
    [InlineData(null, -3.0, null, "The option 'shift' must lie between 0.01 and 100, but is -3.")]
    [InlineData(null, double.NaN, null, "The option 'shift' must lie between 0.01 and 100, but is NaN.")]
    [InlineData(null, null, 0, "The option 'image tokens' must lie between 1 and 65536, but is 0.")]
    [InlineData(1.0, 3.0, null, "The options mu and shift exclude each other: give at most one of them.")]
    [InlineData(1.0, 3.0, 256, "The options mu and shift and image tokens exclude each other: give at most one of them.")]
    public void Impossible_options_are_refused_by_name(double? mu, double? shift, int? imageTokens, string expected)
    {
        SchedulerOptions options = new() { Mu = mu, Shift = shift, ImageTokens = imageTokens };
        Assert.All(Schedulers.All, scheduler => Assert.Equal(expected, Assert.Throws<ArgumentException>(() => scheduler.GetSigmas(4, options)).Message));
    }

    [Fact]
    public void The_default_of_ComfyUIs_schedulers_is_mu_1_15_and_of_diffusers_no_shift()
    {
        Assert.Equal(Schedulers.Get("simple").GetSigmas(8, new() { Mu = 1.15 }), Schedulers.Get("simple").GetSigmas(8));
        Assert.Equal(Schedulers.Get("simple").GetSigmas(8, new() { ImageTokens = 4096 }), Schedulers.Get("simple").GetSigmas(8), Near);
        Assert.Equal([1f, 0.75f, 0.5f, 0.25f, 0f], Schedulers.Get("flow_match").GetSigmas(4));
    }

    [Fact]
    public void A_static_shift_of_3_is_what_a_person_works_out()
    {
        // 3 t / (1 + 2 t) at 1, 3/4, 1/2, 1/4.
        Assert.Equal([1f, 0.9f, 0.75f, 0.5f, 0f], Schedulers.Get("flow_match").GetSigmas(4, new() { Shift = 3 }), Near);
    }

    [Fact]
    public void Mu_is_linear_in_the_image_tokens()
    {
        Assert.Equal(0.5, TimeShift.MuOfImageTokens(256), 12);
        Assert.Equal(0.63, TimeShift.MuOfImageTokens(1024), 12);
        Assert.Equal(1.15, TimeShift.MuOfImageTokens(4096), 12);
        Assert.Throws<ArgumentOutOfRangeException>(() => TimeShift.MuOfImageTokens(0));
    }

    [Fact]
    public void The_optimal_steps_take_no_shift()
    {
        string message = Assert.Throws<ArgumentException>(() => Schedulers.Get("optimal_steps").GetSigmas(8, new() { Mu = 1 })).Message;
        Assert.Contains("fixed levels", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new OptimalStepsScheduler(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new OptimalStepsScheduler(double.NaN));
    }

    private static bool Near(float a, float b) => MathF.Abs(a - b) <= 2.4e-7f;
}
