using Chroma.Sampling;
using Chroma.Scheduling;
using Xunit;

namespace Chroma.Sdk.Tests.Sampling;

public sealed class SamplerNameTests
{
    [Theory]
    [InlineData("Euler", "euler", null)]
    [InlineData("Euler a", "euler_ancestral", null)]
    [InlineData("EULER A", "euler_ancestral", null)]
    [InlineData("euler_a", "euler_ancestral", null)]
    [InlineData("k_euler_a", "euler_ancestral", null)]
    [InlineData("sample_dpmpp_2m_sde", "dpmpp_2m_sde", null)]
    [InlineData("Euler Ancestral", "euler_ancestral", null)]
    [InlineData("Euler Beta", "euler", "beta")]
    [InlineData("Euler a Karras", "euler_ancestral", "karras")]
    [InlineData("euler_k", "euler", "karras")]
    [InlineData("LMS Karras", "lms", "karras")]
    [InlineData("DPM2", "dpm_2", null)]
    [InlineData("DPM2 a Karras", "dpm_2_ancestral", "karras")]
    [InlineData("DPM++ 2M", "dpmpp_2m", null)]
    [InlineData("DPM++ 2M Karras", "dpmpp_2m", "karras")]
    [InlineData("dpmpp_2m_karras", "dpmpp_2m", "karras")]
    [InlineData("DPM++ 2M SDE", "dpmpp_2m_sde", null)]
    [InlineData("DPM++ 2M SDE Heun Exponential", "dpmpp_2m_sde_heun", "exponential")]
    [InlineData("DPM++ 2S a", "dpmpp_2s_ancestral", null)]
    [InlineData("DPM++ SDE", "dpmpp_sde", null)]
    [InlineData("DPM++ SDE Karras", "dpmpp_sde", "karras")]
    [InlineData("dpmpp_2m_sde_gpu", "dpmpp_2m_sde", null)]
    [InlineData("DPM++ 3M SDE Exponential", "dpmpp_3m_sde", "exponential")]
    [InlineData("Heun++", "heunpp2", null)]
    [InlineData("UniPC", "uni_pc", null)]
    [InlineData("DDIM", "ddim", null)]
    [InlineData("Euler SGM Uniform", "euler", "sgm_uniform")]
    [InlineData("Euler Simple", "euler", "simple")]
    [InlineData("DPMSolverMultistepScheduler", "dpmpp_2m", null)]
    [InlineData("UniPCMultistepScheduler", "uni_pc_bh2", null)]
    [InlineData("EulerAncestralDiscreteScheduler", "euler_ancestral", null)]
    [InlineData("FlowMatchEulerDiscreteScheduler", "euler", "flow_match")]
    public void Names_of_other_programs_are_understood(string text, string sampler, string? scheduler)
    {
        Assert.True(SamplerName.TryParse(text, out SamplerName name));
        Assert.Equal(new SamplerName(sampler, scheduler), name);
        Assert.True(Samplers.BuiltIn.Contains(name.Sampler));
    }

    [Theory]
    [InlineData("banana")]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("karras")]
    [InlineData("ddim_uniform")]
    [InlineData("DPM adaptive")]
    [InlineData("Euler?")]
    public void Other_names_are_none(string? text) => Assert.False(SamplerName.TryParse(text, out _));

    [Fact]
    public void Every_sampler_takes_every_scheduler_after_its_name()
    {
        foreach (string sampler in Samplers.BuiltIn.Names)
        {
            Assert.True(SamplerName.TryParse(sampler, out SamplerName alone));
            Assert.Equal(new SamplerName(sampler), alone);
            foreach (IScheduler scheduler in Schedulers.All)
            {
                Assert.True(SamplerName.TryParse($"{sampler} {scheduler.Name}", out SamplerName both), $"{sampler} {scheduler.Name}");
                Assert.Equal(new SamplerName(sampler, scheduler.Name), both);
            }
        }
    }

    [Fact]
    public void The_catalog_knows_the_names_too()
    {
        Assert.IsType<EulerAncestralSampler>(Samplers.BuiltIn.Create("Euler a", [new("eta", "0.5")]));
        Assert.True(Samplers.BuiltIn.Contains("DPM++ SDE"));
        Assert.False(Samplers.BuiltIn.Contains("DPM++ 2M Karras"));
        string message = Assert.Throws<ArgumentException>(() => Samplers.BuiltIn.Create("DPM++ 2M Karras")).Message;
        Assert.Contains("'dpmpp_2m'", message, StringComparison.Ordinal);
        Assert.Contains("'karras'", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => SamplerCatalog.Empty.Create("Euler a"));
    }

    [Fact]
    public void Options_take_a_sampler_with_its_scheduler()
    {
        GenerationOptions options = GenerationOptions.HD.WithSampler("DPM++ 2M Karras");
        Assert.Equal(("dpmpp_2m", "karras", null), (options.Sampler.Name, options.Scheduler.Name, options.Schedule));

        options = GenerationOptions.HD.WithSampler("Euler a");
        Assert.Equal(("euler_ancestral", "flow_match", 3.0), (options.Sampler.Name, options.Scheduler.Name, options.Schedule!.Shift));
        Assert.Throws<ArgumentException>(() => GenerationOptions.HD.WithSampler("banana"));
    }

    [Theory]
    [InlineData("SGM Uniform", "sgm_uniform")]
    [InlineData("KL Optimal", "kl_optimal")]
    [InlineData("Uniform", "normal")]
    [InlineData("DDIM", "ddim_uniform")]
    [InlineData("Karras", "karras")]
    [InlineData("FlowMatchEulerDiscreteScheduler", "flow_match")]
    public void Schedulers_have_names_elsewhere_too(string text, string name) => Assert.Equal(name, Schedulers.Get(text).Name);

    [Theory]
    [InlineData("eta", "0,5", "write 0.5.")]
    [InlineData("s_noise", "1,000", "write 1.000 or 1000.")]
    [InlineData("s_noise", "1e999", "must be a number, but is '1e999'.")]
    [InlineData("s_noise", "٢", "write 2.")]
    public void Options_in_other_notations_are_answered_with_ours(string key, string value, string end) =>
        Assert.EndsWith(end, Assert.Throws<ArgumentException>(() => Samplers.BuiltIn.Create("euler_ancestral", [new(key, value)])).Message, StringComparison.Ordinal);

    [Fact]
    public void Infinity_stays_a_limit() => Assert.Equal(
        double.PositiveInfinity, Assert.IsType<EulerSampler>(Samplers.BuiltIn.Create("euler", [new("s_tmax", "inf")])).Churn.GreatestSigma);
}
