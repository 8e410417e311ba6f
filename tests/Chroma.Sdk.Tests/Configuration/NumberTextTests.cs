using Chroma.Configuration;
using Xunit;

namespace Chroma.Sdk.Tests.Configuration;

public sealed class NumberTextTests
{
    [Theory]
    [InlineData("2.5", 2.5)]
    [InlineData(" 2.5 ", 2.5)]
    [InlineData("+5", 5)]
    [InlineData("-.5", -0.5)]
    [InlineData("1e-3", 0.001)]
    [InlineData("1E3", 1000)]
    public void Numbers_are_read_alike_everywhere(string text, double number)
    {
        Assert.True(NumberText.TryParse(text, out double read));
        Assert.Equal(number, read);
    }

    [Theory]
    [InlineData("2,5")]
    [InlineData("1,000")]
    [InlineData("1 000")]
    [InlineData("1_000")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("-∞")]
    [InlineData("1e999")]
    [InlineData("0x10")]
    [InlineData("٢")]
    [InlineData("２")]
    [InlineData("½")]
    [InlineData("(5)")]
    [InlineData("5%")]
    [InlineData("$5")]
    [InlineData("1.5f")]
    [InlineData("")]
    [InlineData(null)]
    public void Anything_else_is_no_number(string? text)
    {
        Assert.False(NumberText.TryParse(text, out _));
        Assert.False(NumberText.TryParseWhole(text, out _));
    }

    [Theory]
    [InlineData("5.0")]
    [InlineData("1e3")]
    [InlineData("1,000")]
    [InlineData("999999999999999999999999999999999999999999")]
    public void Whole_numbers_have_digits_alone(string text) => Assert.False(NumberText.TryParseWhole(text, out _));

    [Theory]
    [InlineData("2,5", "2.5")]
    [InlineData("-0,1", "-0.1")]
    [InlineData("1.234,5", "1234.5")]
    [InlineData("1,234.5", "1234.5")]
    [InlineData("1.000.000", "1000000")]
    [InlineData("1 000,5", "1000.5")]
    [InlineData("1\u00A0000", "1000")]
    [InlineData("1'000", "1000")]
    [InlineData("1_000", "1000")]
    [InlineData("٢٫٥", "2.5")]
    [InlineData("２．５", "2.5")]
    [InlineData("−5", "-5")]
    [InlineData("0x10", "16")]
    public void What_was_meant_is_found(string text, string meant) => Assert.Equal([meant], NumberText.WhatWasMeant(text));

    [Fact]
    public void A_comma_before_three_digits_may_be_either() => Assert.Equal(["1.000", "1000"], NumberText.WhatWasMeant("1,000"));

    [Theory]
    [InlineData("1,000", "1000", "1")]
    [InlineData("1.000", "1000", "1")]
    [InlineData("1e3", "1000")]
    [InlineData("20.0", "20")]
    [InlineData("0x10", "16")]
    [InlineData("1 000 000", "1000000")]
    public void A_whole_number_that_was_meant_is_found(string text, params string[] meant) => Assert.Equal(meant, NumberText.WhatWholeNumberWasMeant(text));

    [Theory]
    [InlineData("banana")]
    [InlineData("")]
    [InlineData("1,2,3")]
    [InlineData("NaN")]
    [InlineData("2.5")]
    public void Where_nothing_is_known_nothing_is_guessed(string text)
    {
        Assert.Empty(NumberText.WhatWasMeant(text));
        Assert.Empty(NumberText.WhatWholeNumberWasMeant(text));
    }
}
