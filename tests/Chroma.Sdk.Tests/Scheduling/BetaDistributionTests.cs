using Chroma.Scheduling;
using CsCheck;
using Xunit;

namespace Chroma.Sdk.Tests.Scheduling;

public sealed class BetaDistributionTests
{
    private static readonly Gen<double> _probability = Gen.Double[1e-9, 1 - 1e-9];

    [Fact]
    public void With_both_parameters_a_half_the_quantile_is_a_squared_sine() => _probability.Sample(
        probability =>
        {
            double sine = Math.Sin(probability * Math.PI / 2);
            Assert.Equal(1, BetaDistribution.Quantile(probability, 0.5, 0.5) / (sine * sine), 1e-12);
        },
        iter: 500);

    [Fact]
    public void With_the_second_parameter_one_the_quantile_is_a_power() => Gen.Select(_probability, Gen.Double[0.1, 20]).Sample(
        (probability, alpha) => Assert.Equal(1, BetaDistribution.Quantile(probability, alpha, 1) / Math.Pow(probability, 1 / alpha), 1e-11),
        iter: 500);

    [Fact]
    public void The_quantile_undoes_the_cumulative_probability() => Gen.Select(Gen.Double[1e-6, 1 - 1e-6], Gen.Double[0.5, 20], Gen.Double[0.5, 20]).Sample(
        (probability, alpha, beta) =>
            Assert.Equal(probability, BetaDistribution.Cumulative(BetaDistribution.Quantile(probability, alpha, beta), alpha, beta), 1e-8),
        iter: 500);

    [Fact]
    public void The_distribution_with_equal_parameters_is_symmetric_to_the_bit_in_its_middle()
    {
        Assert.Equal(0.5, BetaDistribution.Quantile(0.5, 0.6, 0.6));
        Assert.Equal(1, BetaDistribution.Quantile(0.25, 0.6, 0.6) + BetaDistribution.Quantile(0.75, 0.6, 0.6), 15);
    }

    [Fact]
    public void Certain_and_impossible_events_are_the_ends()
    {
        Assert.Equal(0, BetaDistribution.Quantile(0, 0.6, 0.6));
        Assert.Equal(1, BetaDistribution.Quantile(1, 0.6, 0.6));
        Assert.Equal(0, BetaDistribution.Cumulative(0, 0.6, 0.6));
        Assert.Equal(1, BetaDistribution.Cumulative(1, 0.6, 0.6));
    }
}
