using Chroma.Testing;
using Xunit;
using Xunit.Sdk;

namespace Chroma.Sdk.Tests.Tensors;

public sealed class AgreeTests
{
    [Fact]
    public void Arrays_within_the_tolerance_agree()
    {
        Agree.WithinAbsolute([1f, 2f], [1f, 2.25f], 0.25, "x");
        Agree.RelativeOfMax([1f, 4.5f], [1f, 4f], 0.125, "x");
        Agree.WithinAbsolute([float.NaN, float.PositiveInfinity], [float.NaN, float.PositiveInfinity], 0, "x");
        Agree.WithinAbsolute([], [], 0, "x");
    }

    [Fact]
    public void The_message_says_how_far_and_where()
    {
        string message = Assert.ThrowsAny<XunitException>(() => Agree.WithinAbsolute([1f, 2f, 3f], [1f, 4f, 3.5f], 0.1, "velocity")).Message;
        Assert.Contains("velocity: max abs 2, max rel 0.5, of max 0.5, cosine 0.9636", message, StringComparison.Ordinal);
        Assert.Contains("worst at 1 of 3 (is 2, expected 4); allowed is absolute 0.1", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN, 1f)]
    [InlineData(1f, float.NaN)]
    [InlineData(float.PositiveInfinity, 1f)]
    [InlineData(float.PositiveInfinity, float.NegativeInfinity)]
    public void What_is_not_finite_never_agrees_with_what_is(float actual, float expected)
    {
        Assert.ThrowsAny<XunitException>(() => Agree.WithinAbsolute([0f, actual], [0f, expected], 1e30, "x"));
        Assert.ThrowsAny<XunitException>(() => Agree.RelativeOfMax([0f, actual], [0f, expected], 1e30, "x"));
    }

    [Fact]
    public void Lengths_that_differ_do_not_agree() =>
        Assert.Contains("there are 1 elements, expected 2", Assert.ThrowsAny<XunitException>(() => Agree.WithinAbsolute([1f], [1f, 1f], 1, "x")).Message, StringComparison.Ordinal);
}
