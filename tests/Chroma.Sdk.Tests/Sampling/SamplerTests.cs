using System.Numerics.Tensors;
using Chroma.Sampling;
using Xunit;

namespace Chroma.Sdk.Tests.Sampling;

public class SamplerTests
{
    private static readonly float[] _sigmas = [1, 0.75f, 0.5f, 0.25f, 0];

    /// <summary>A model whose guess is always zero: every deterministic path is then x(s) = s · x(1).</summary>
    private static readonly Denoiser _zero = (_, _, denoised) => denoised.Clear();

    public static TheoryData<string> Names() => new(Samplers.BuiltIn.Names);

    [Fact]
    public void Euler_on_a_linear_model_can_be_worked_out_by_hand()
    {
        // denoised = x / 2, so a step from s to t multiplies x by t/s + (1 - t/s) / 2: from 1 to 0.5 by 3/4, from 0.5 to 0 by 1/2
        float[] x = [8, -16];
        List<float> seen = [];
        SamplerRun run = new(x, [1, 0.5f, 0], Half)
        {
            OnStep = step => seen.AddRange([step.Index, step.Steps, step.Sigma, step.X[0], step.Denoised[0]]),
        };

        new EulerSampler().Sample(run);

        Assert.Equal([3, -6], x);
        Assert.Equal([0, 2, 1, 8, 4, 1, 2, 0.5f, 6, 3], seen);
    }

    [Fact]
    public void Heun_on_a_linear_model_can_be_worked_out_by_hand()
    {
        // slope at 1: (8 - 4) / 1 = 4; Euler gives 6 at 0.5, where the slope is (6 - 3) / 0.5 = 6; the mean 5 takes x to 5.5, and then to 2.75
        float[] x = [8];
        new HeunSampler().Sample(new SamplerRun(x, [1, 0.5f, 0], Half));
        Assert.Equal([2.75f], x);
    }

    [Fact]
    public void Churn_raises_the_noise_level_before_the_step()
    {
        // s_churn 0.5 over 2 steps is gamma 0.25: sigma 1 becomes 1.25 and the noise is scaled by sqrt(1.25² - 1) = 0.75
        float[] x = [1];
        List<float> sigmas = [];
        SamplerRun run = new(x, [1, 0.5f, 0], (_, sigma, denoised) =>
        {
            sigmas.Add(sigma);
            denoised.Clear();
        })
        {
            Noise = new StoredNoise([2, 0]),
        };

        Samplers.BuiltIn.Create("euler", [new("s_churn", "0.5"), new("s_tmin", "0.6")]).Sample(run);

        Assert.Equal([1.25f, 0.5f], sigmas);
        Assert.Equal([0], x);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_sampler_ends_at_the_guess_of_a_model_that_never_changes_its_mind(string name)
    {
        float[] x = [1, -2, 0.5f];
        float[] guess = [0.25f, 4, -1];
        SamplerRun run = new(x, _sigmas, (_, _, denoised) => guess.CopyTo(denoised)) { Noise = new StoredNoise(new float[300]) };

        Samplers.BuiltIn.Create(name).Sample(run);

        // uni_pc stops at sigma 0.001
        float allowed = name.StartsWith("uni_pc", StringComparison.Ordinal) ? 1e-2f : 1e-6f;
        Assert.All(x.Zip(guess), pair => Assert.InRange(pair.First, pair.Second - allowed, pair.Second + allowed));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_sampler_reports_each_step_once_in_order(string name)
    {
        List<int> steps = [];
        SamplerRun run = new(new float[] { 1 }, _sigmas, _zero)
        {
            Noise = new StoredNoise(new float[100]),
            OnStep = step => steps.Add(step.Index),
        };

        Samplers.BuiltIn.Create(name).Sample(run);

        Assert.Equal([0, 1, 2, 3], steps);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_sampler_manages_a_single_step(string name)
    {
        float[] x = [3];
        SamplerRun run = new(x, [1, 0], (_, _, denoised) => denoised.Fill(0.5f)) { Noise = new StoredNoise(new float[10]) };

        Samplers.BuiltIn.Create(name).Sample(run);

        Assert.InRange(x[0], 0.499f, 0.504f);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Cancelling_stops_before_the_next_evaluation(string name)
    {
        using CancellationTokenSource source = new();
        int evaluations = 0;
        SamplerRun run = new(new float[] { 1 }, _sigmas, (_, _, denoised) =>
        {
            denoised.Clear();
            if (++evaluations == 2)
            {
                source.Cancel();
            }
        })
        {
            Noise = new StoredNoise(new float[100]),
            CancellationToken = source.Token,
        };

        Assert.Throws<OperationCanceledException>(() => Samplers.BuiltIn.Create(name).Sample(run));
        Assert.Equal(2, evaluations);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void One_sampler_may_serve_two_runs_with_the_same_result(string name)
    {
        ISampler sampler = Samplers.BuiltIn.Create(name);
        Assert.Equal(RunOnce(), RunOnce());

        float[] RunOnce()
        {
            float[] x = [1, -1];
            sampler.Sample(new SamplerRun(x, _sigmas, Half) { Noise = new StoredNoise([.. Enumerable.Range(0, 100).Select(i => (i % 7) - 3f)]) });
            return x;
        }
    }

    [Fact]
    public void A_sampler_that_adds_noise_says_so_when_there_is_none()
    {
        SamplerRun run = new(new float[] { 1 }, _sigmas, _zero);
        InvalidOperationException exception =
            Assert.Throws<InvalidOperationException>(() => Samplers.BuiltIn.Create("euler_ancestral").Sample(run));
        Assert.Contains("no source of noise", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("euler_ancestral")]
    [InlineData("dpm_2_ancestral")]
    [InlineData("dpmpp_2s_ancestral")]
    [InlineData("dpmpp_sde")]
    [InlineData("dpmpp_2m_sde")]
    [InlineData("dpmpp_3m_sde")]
    [InlineData("res_multistep_ancestral")]
    [InlineData("seeds_2")]
    [InlineData("seeds_3")]
    [InlineData("sa_solver")]
    public void Without_eta_no_noise_is_asked_for(string name) =>
        Samplers.BuiltIn.Create(name, [new("eta", "0")]).Sample(new SamplerRun(new float[] { 1 }, _sigmas, _zero));

    [Fact]
    public void The_shift_decides_where_percentages_lie()
    {
        SamplerRun run = new(new float[] { 1 }, _sigmas, _zero);
        Assert.Equal(0.99996835f, (float)run.PercentToSigma(1e-4));
        Assert.Equal(1, run.PercentToSigma(-1));
        Assert.Equal(0, run.PercentToSigma(2));

        SamplerRun even = new(new float[] { 1 }, _sigmas, _zero) { Shift = 1 };
        Assert.Equal(0.75, even.PercentToSigma(0.25));
    }

    [Theory]
    [InlineData("at least two sigmas", new float[0])]
    [InlineData("at least two sigmas", new[] { 1f })]
    [InlineData("Sigma 1 is NaN", new[] { 1f, float.NaN, 0f })]
    [InlineData("Sigma 2 is -0.5", new[] { 1f, 0.5f, -0.5f })]
    [InlineData("Sigma 0 is 14.6", new[] { 14.6f, 0f })]
    [InlineData("sigma 2 is 0.75 after 0.5", new[] { 1f, 0.5f, 0.75f })]
    [InlineData("sigma 2 is 0.5 after 0.5", new[] { 1f, 0.5f, 0.5f, 0f })]
    public void Impossible_noise_levels_are_refused(string message, float[] sigmas)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => new SamplerRun(new float[] { 1 }, sigmas, _zero));
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_latent_is_refused() =>
        Assert.Throws<ArgumentException>(() => new SamplerRun(Memory<float>.Empty, _sigmas, _zero));

    [Fact]
    public void A_second_sigma_between_1_and_its_replacement_is_refused()
    {
        SamplerRun run = new(new float[] { 1 }, [1, 0.99999f, 0], _zero);
        ArgumentException exception = Assert.Throws<ArgumentException>(() => new DpmPlusPlus2MSdeSampler().Sample(run));
        Assert.Contains("second sigma", exception.Message, StringComparison.Ordinal);
    }

    private static void Half(ReadOnlySpan<float> x, float sigma, Span<float> denoised) => TensorPrimitives.Multiply(x, 0.5f, denoised);
}
