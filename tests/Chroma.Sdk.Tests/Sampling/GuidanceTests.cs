using System.Globalization;
using Chroma.Sampling;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Sdk.Tests.Sampling;

/// <summary>Guidance and flow formulas against ComfyUI's cfg_function and diffusers' FlowMatchEuler step.</summary>
public class GuidanceTests
{
    private const string Case = "08_cfg_and_step";
    private const double Tolerance = 2e-6;

    [Fact]
    public void Guidance_can_be_worked_out_by_hand()
    {
        float[] result = new float[2];
        Guidance.Combine([1, 2], [3, -2], 4, result);
        Assert.Equal([9, -14], result);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(7.5f)]
    public void Guidance_agrees_with_the_stored_combination(float scale)
    {
        using SafetensorsFile stored = Golden.Open(Case);
        string name = string.Create(CultureInfo.InvariantCulture, $"cfg{scale:0.0}");
        float[] velocity = stored.ReadFloats("v_uncond").Span.ToArray();

        Guidance.Combine(velocity, stored.ReadFloats("v_cond").Span, scale, velocity);
        Agree.RelativeOfMax(velocity, stored.ReadFloats($"{name}.v").Span, Tolerance, name);

        Guidance.VelocityToDenoised(stored.ReadFloats("x").Span, velocity, Sigma(stored, 0), velocity);
        Agree.RelativeOfMax(velocity, stored.ReadFloats($"{name}.denoised").Span, Tolerance, name);
    }

    [Fact]
    public void An_euler_step_agrees_with_the_flow_match_scheduler()
    {
        using SafetensorsFile stored = Golden.Open(Case);
        CheckStep(stored, new EulerSampler(), "euler_step");
    }

    [Fact]
    public void An_lcm_step_is_the_flow_match_schedulers_stochastic_step()
    {
        using SafetensorsFile stored = Golden.Open(Case);
        CheckStep(stored, new LcmSampler(), "stochastic_step");
    }

    [Fact]
    public void Noise_is_added_as_the_flow_says()
    {
        using SafetensorsFile stored = Golden.Open(Case);
        float[] noisy = stored.ReadFloats("noise").Span.ToArray();
        Guidance.AddNoise(stored.ReadFloats("x").Span, noisy, Sigma(stored, 0), noisy);
        Agree.RelativeOfMax(noisy, stored.ReadFloats("img2img_noised").Span, Tolerance, "img2img_noised");
    }

    [Fact]
    public void Spans_of_different_lengths_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Guidance.Combine([1], [1, 2], 1, new float[1]));
        Assert.Throws<ArgumentException>(() => Guidance.VelocityToDenoised([1], [1], 1, new float[2]));
        Assert.Throws<ArgumentException>(() => Guidance.AddNoise([1, 2], [1], 1, new float[2]));
    }

    private static float Sigma(SafetensorsFile stored, int index) => stored.ReadFloats("sigma").Span[index];

    private static void CheckStep(SafetensorsFile stored, ISampler sampler, string tensor)
    {
        float[] x = stored.ReadFloats("x").Span.ToArray();
        float[] velocity = stored.ReadFloats("v_cond").Span.ToArray();
        SamplerRun run = new(
            x, [Sigma(stored, 0), Sigma(stored, 1)], (input, sigma, denoised) => Guidance.VelocityToDenoised(input, velocity, sigma, denoised))
        {
            Noise = new StoredNoise(stored.ReadFloats("noise").Span.ToArray()),
        };
        sampler.Sample(run);
        Agree.RelativeOfMax(x, stored.ReadFloats(tensor).Span, Tolerance, tensor);
    }
}
