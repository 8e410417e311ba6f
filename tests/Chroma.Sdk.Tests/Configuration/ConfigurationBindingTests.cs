using Chroma.Models;
using Chroma.Noise;
using Chroma.Sampling;
using Chroma.Scheduling;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Chroma.Sdk.Tests.Configuration;

/// <summary>Options out of Microsoft.Extensions.Configuration, as programs bind them.</summary>
public sealed class ConfigurationBindingTests
{
    [Fact]
    public void Every_generation_option_binds()
    {
        GenerationOptions options = Configure(
            ("Sampler", "heun"),
            ("Scheduler", "beta"),
            ("Noise", "philox"),
            ("TextMask", "none"),
            ("Schedule:Shift", "1.5"),
            ("Steps", "7"),
            ("Guidance", "2.5"),
            ("Seed", "18446744073709551615"),
            ("Count", "2"),
            ("CacheThreshold", "0.1"),
            ("PaddingTokens", "3"),
            ("NegativePrompt", "blurry"),
            ("Width", "512"),
            ("Height", "768")).Get<GenerationOptions>()!;

        Assert.IsType<HeunSampler>(options.Sampler);
        Assert.IsType<BetaScheduler>(options.Scheduler);
        Assert.IsType<PhiloxNoise>(options.Noise(1));
        Assert.Equal((TextMask.None, 1.5, 7, 2.5f, ulong.MaxValue), (options.TextMask, options.Schedule!.Shift, options.Steps, options.Guidance, options.Seed));
        Assert.Equal((2, 0.1f, 3, "blurry", 512, 768), (options.Count, options.CacheThreshold, options.PaddingTokens, options.NegativePrompt, options.Width, options.Height));
        options.Validate();
    }

    [Theory]
    [InlineData("Euler a", typeof(EulerAncestralSampler))]
    [InlineData("DPM++ 2M", typeof(DpmPlusPlus2MSampler))]
    [InlineData(" DDIM ", typeof(NamedSampler))] // Euler under the name asked for
    public void Samplers_bind_by_the_names_that_they_have_elsewhere(string name, Type sampler) =>
        Assert.IsType(sampler, Configure(("Sampler", name)).Get<GenerationOptions>()!.Sampler);

    [Theory]
    [InlineData("Sampler", "banana", "banana")]
    [InlineData("Sampler", "DPM++ 2M Karras", "karras")]
    [InlineData("Scheduler", "banana", "banana")]
    [InlineData("Noise", "banana", "torch, philox")]
    [InlineData("TextMask", "banana", "banana")]
    [InlineData("Guidance", "2,5", "2,5")]
    [InlineData("Schedule:Shift", "1,5", "1,5")]
    [InlineData("Steps", "1,000", "1,000")]
    [InlineData("Seed", "-1", "-1")]
    public void A_value_that_cannot_be_bound_throws(string key, string value, string named)
    {
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => Configure((key, value)).Get<GenerationOptions>());

        Assert.Contains(key, error.Message, StringComparison.Ordinal);
        Assert.Contains(named, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Pipeline_options_bind_too()
    {
        ChromaPipelineOptions options = Configure(("WeightType", "fp16"), ("RopeAxes", "8,12,12"), ("Memory", "OneAtATime"), ("MaximumTokens", "1024"))
            .Get<ChromaPipelineOptions>()!;

        Assert.Equal((WeightType.F16, new RopeAxes(8, 12, 12), MemoryMode.OneAtATime, 1024), (options.WeightType, options.RopeAxes, options.Memory, options.MaximumTokens));
        Assert.Throws<InvalidOperationException>(() => Configure(("WeightType", "q4_k_m")).Get<ChromaPipelineOptions>());
        Assert.Throws<InvalidOperationException>(() => Configure(("RopeAxes", "16;56;56")).Get<ChromaPipelineOptions>());
    }

    [Fact]
    public void Binding_onto_a_preset_leaves_the_preset_as_it_is()
    {
        GenerationOptions mine = GenerationOptions.HD;
        Configure(("Schedule:Shift", "1"), ("Steps", "3")).Bind(mine);

        Assert.Equal((1.0, 3), (mine.Schedule!.Shift, mine.Steps));
        Assert.Equal((3.0, 40), (GenerationOptions.HD.Schedule!.Shift, GenerationOptions.HD.Steps));
    }

    private static IConfiguration Configure(params (string Key, string Value)[] values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))).Build();
}
