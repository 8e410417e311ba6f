using System.Numerics.Tensors;
using Chroma.Sampling;
using Xunit;

namespace Chroma.Sdk.Tests.Sampling;

public class SamplerCatalogTests
{
    [Theory]
    [InlineData("euler", "euler")]
    [InlineData("DDIM", "ddim")]
    [InlineData("DPMpp_2M_SDE_Heun", "dpmpp_2m_sde_heun")]
    [InlineData("res_multistep_ancestral", "res_multistep_ancestral")]
    [InlineData("uni_pc_bh2", "uni_pc_bh2")]
    [InlineData("sa_solver_pece", "sa_solver_pece")]
    public void Names_are_found_in_any_case(string asked, string name) => Assert.Equal(name, Samplers.BuiltIn.Create(asked).Name);

    [Fact]
    public void Every_sampler_bears_the_name_by_which_it_was_asked_for() =>
        Assert.All(Samplers.BuiltIn.Names, name => Assert.Equal(name, Samplers.BuiltIn.Create(name).Name));

    [Fact]
    public void An_unknown_name_is_answered_with_the_known_ones()
    {
        string message = Assert.Throws<ArgumentException>(() => Samplers.BuiltIn.Create("eulr")).Message;
        Assert.StartsWith("There is no sampler 'eulr'; the samplers are ", message, StringComparison.Ordinal);
        Assert.All(Samplers.BuiltIn.Names, name => Assert.Contains(name, message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("dpmpp_2m_sde", "beta", "1", "The sampler 'dpmpp_2m_sde' has no option 'beta'; it has eta, s_noise, solver_type.")]
    [InlineData("dpmpp_2m", "eta", "1", "The sampler 'dpmpp_2m' has no option 'eta'; it has none.")]
    [InlineData("euler_ancestral", "eta", "-1", "The option 'eta' must lie between 0 and 100, but is -1.")]
    [InlineData("euler_ancestral", "eta", "much", "The option 'eta' of sampler 'euler_ancestral' must be a number, but is 'much'.")]
    [InlineData("euler_ancestral", "s_noise", "nan", "The option 's_noise' of sampler 'euler_ancestral' must be a number, but is 'nan'.")]
    [InlineData("euler", "s_churn", "101", "The option 's_churn' must lie between 0 and 100, but is 101.")]
    [InlineData("euler", "s_tmin", "-1", "The option 's_tmin' must be at least 0, but is -1.")]
    [InlineData("lms", "order", "0", "The option 'order' must lie between 1 and 12, but is 0.")]
    [InlineData("lms", "order", "2.5", "The option 'order' of sampler 'lms' must be a whole number, but is '2.5'.")]
    [InlineData("deis", "max_order", "5", "The option 'max_order' must lie between 1 and 4, but is 5.")]
    [InlineData("dpmpp_2m_sde", "solver_type", "euler", "The option 'solver_type' of sampler 'dpmpp_2m_sde' must be midpoint or heun, but is 'euler'.")]
    [InlineData("sa_solver", "use_pece", "maybe", "The option 'use_pece' of sampler 'sa_solver' must be true or false, but is 'maybe'.")]
    [InlineData("dpmpp_sde", "r", "0", "The option 'r' must lie between 0.01 and 1, but is 0.")]
    public void A_wrong_option_is_explained(string sampler, string key, string value, string message) =>
        Assert.Equal(message, Assert.Throws<ArgumentException>(() => Samplers.BuiltIn.Create(sampler, [new(key, value)])).Message);

    [Fact]
    public void An_option_may_not_be_given_twice() =>
        Assert.Throws<ArgumentException>(() => Samplers.BuiltIn.Create("euler_ancestral", [new("eta", "0"), new("ETA", "1")]));

    [Fact]
    public void A_users_own_sampler_works_beside_the_built_in_ones()
    {
        SamplerCatalog catalog = Samplers.BuiltIn.With("plain_euler", options => new PlainEuler(options.Number("pace", 1)));
        float[] mine = [4];
        float[] builtIn = [4];

        catalog.Create("Plain_Euler", [new("pace", "1")]).Sample(Run(mine));
        catalog.Create("euler").Sample(Run(builtIn));

        Assert.Equal(builtIn, mine);
        Assert.False(Samplers.BuiltIn.Contains("plain_euler"));
        Assert.Throws<ArgumentException>(() => catalog.Create("plain_euler", [new("speed", "1")]));
    }

    private static SamplerRun Run(float[] x) =>
        new(x, [1, 0.5f, 0.25f], (input, _, denoised) => TensorPrimitives.Multiply(input, 0.5f, denoised));

    /// <summary>Uses public members only, as a program outside the library would.</summary>
    private sealed class PlainEuler(double pace) : ISampler
    {
        public string Name => "plain_euler";

        public void Sample(SamplerRun run)
        {
            Span<float> x = run.X.Span;
            float[] denoised = run.NewBuffer();
            for (int i = 0; i < run.Steps; i++)
            {
                run.EvaluateStep(i, x, run.Sigmas[i], denoised);
                TensorPrimitives.Subtract(x, denoised, x);
                TensorPrimitives.MultiplyAdd(x, (float)pace * run.Sigmas[i + 1] / run.Sigmas[i], denoised, x);
            }
        }
    }
}
