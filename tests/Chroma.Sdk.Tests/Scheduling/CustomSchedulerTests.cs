using Chroma.Scheduling;
using Xunit;

namespace Chroma.Sdk.Tests.Scheduling;

public sealed class CustomSchedulerTests
{
    [Fact]
    public void The_levels_come_back_as_a_copy()
    {
        CustomScheduler scheduler = new(1f, 0.5f, 0.5f, 0f);
        Assert.Equal(3, scheduler.Steps);
        float[] sigmas = scheduler.GetSigmas(3);
        Assert.Equal([1f, 0.5f, 0.5f, 0f], sigmas);
        sigmas[0] = 7;
        Assert.Equal(1f, scheduler.GetSigmas(3)[0]);
    }

    [Theory]
    [InlineData(new float[0], "needs at least two sigmas")]
    [InlineData(new[] { 0f }, "needs at least two sigmas")]
    [InlineData(new[] { 0f, 0f }, "Sigma 0 of the schedule must be above 0, but is 0.")]
    [InlineData(new[] { 1.5f, 0f }, "Sigma 0 of the schedule must lie between 0 and 1, but is 1.5.")]
    [InlineData(new[] { 1f, -0.5f, 0f }, "Sigma 1 of the schedule must lie between 0 and 1, but is -0.5.")]
    [InlineData(new[] { 1f, float.NaN, 0f }, "Sigma 1 of the schedule must lie between 0 and 1, but is NaN.")]
    [InlineData(new[] { float.PositiveInfinity, 0f }, "Sigma 0 of the schedule must lie between 0 and 1, but is Infinity.")]
    [InlineData(new[] { 0.5f, 0.75f, 0f }, "Sigma 1 of the schedule must not be above the one before it, but is 0.75.")]
    [InlineData(new[] { 1f, 0.5f }, "Sigma 1 of the schedule must be 0, because it is the last, but is 0.5.")]
    public void Levels_that_are_no_schedule_are_refused(float[] sigmas, string complaint) =>
        Assert.Contains(complaint, Assert.Throws<ArgumentException>(() => new CustomScheduler(sigmas)).Message, StringComparison.Ordinal);

    [Fact]
    public void Other_steps_and_a_shift_are_refused()
    {
        CustomScheduler scheduler = new(1f, 0f);
        Assert.Equal("The custom schedule has 1 steps, but the option 'steps' is 2.", Assert.Throws<ArgumentException>(() => scheduler.GetSigmas(2)).Message);
        Assert.Throws<ArgumentException>(() => scheduler.GetSigmas(1, new() { Shift = 3 }));
    }

    [Fact]
    public void The_last_but_one_is_discarded_where_there_is_one()
    {
        Assert.Equal([1f, 0.5f, 0f], SigmaSchedule.DiscardPenultimate([1f, 0.5f, 0.25f, 0f]));
        Assert.Throws<ArgumentException>(() => SigmaSchedule.DiscardPenultimate([0f]));
    }
}
