using Chroma.Sampling;
using Chroma.Scheduling;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Pipeline;

/// <summary>Samplers know the shift of the schedule, in whichever form it was given.</summary>
public sealed class ShiftTests
{
    /// <summary>The samplers that speak of percentages of the way.</summary>
    public static TheoryData<string> Users =>
        ["dpmpp_sde", "dpmpp_2m_sde", "dpmpp_2m_sde_heun", "dpmpp_3m_sde", "sa_solver", "sa_solver_pece", "seeds_2", "seeds_3", "er_sde", "dpmpp_2s_ancestral"];

    [Fact]
    public async Task The_samplers_of_every_name_get_the_shift_of_image_tokens()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        foreach (SchedulerOptions schedule in new SchedulerOptions[] { new() { ImageTokens = 256 }, new() { Mu = 0.5 }, new() { Shift = 2 }, new() })
        {
            double shift = 0;
            UserSampler sampler = new(run =>
            {
                shift = run.Shift;
                run.Evaluate(run.X.Span, 1, run.NewBuffer());
            });
            await pipeline.GenerateAsync("a", TinyModel.Quick with { Sampler = sampler, Schedule = schedule });

            Assert.Equal(schedule.Shift ?? Math.Exp(schedule.ImageTokens is null && schedule.Mu is null ? 1.15 : 0.5), shift, 1e-12);
        }
    }

    [Theory]
    [MemberData(nameof(Users))]
    public async Task A_picture_of_image_tokens_is_that_of_their_mu(string sampler)
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        GenerationOptions options = TinyModel.Quick with { Sampler = Samplers.BuiltIn.Create(sampler), Scheduler = Schedulers.Get("simple"), Steps = 4 };

        byte[] tokens = (await pipeline.GenerateAsync("a", options with { Schedule = new() { ImageTokens = 600 } }))[0].Pixels.ToArray();
        byte[] mu = (await pipeline.GenerateAsync("a", options with { Schedule = new() { Mu = TimeShift.MuOfImageTokens(600) } }))[0].Pixels.ToArray();

        Assert.Equal(mu, tokens);
    }
}
