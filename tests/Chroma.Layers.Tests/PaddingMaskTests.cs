using Chroma.Models;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>generate_t5_padding_mask: the prompt's tokens and the first padding token behind them.</summary>
public class PaddingMaskTests
{
    [Fact]
    public void The_first_padding_token_stays()
    {
        bool[,] mask = { { true, true, false, false }, { true, false, false, false }, { true, true, true, true } };

        Assert.Equal(
            new[,] { { true, true, true, false }, { true, true, false, false }, { true, true, true, true } },
            PaddingMask.Generate(mask));
    }

    [Theory]
    [InlineData(0, new[] { true, false, false, false })]
    [InlineData(2, new[] { true, true, true, false })]
    [InlineData(9, new[] { true, true, true, true })]
    public void Another_number_of_padding_tokens_can_stay(int paddingTokens, bool[] expected)
    {
        Assert.Equal(expected, PaddingMask.Generate(new[,] { { true, false, false, false } }, paddingTokens).Cast<bool>());
    }

    [Fact]
    public void Every_stored_row_agrees()
    {
        using StoredCase stored = new("05_padding_mask", 0);
        bool[,] tokenizerMask = stored.Input("tokenizer_mask").ToMask();
        int[,] ids = stored.Input("ids").ToIds();
        float[] lengths = stored.Input("lengths").Span.ToArray();

        Assert.Equal(stored.Input("keep").ToMask(), PaddingMask.Generate(tokenizerMask));

        int literalPadding = 0;
        for (int row = 0; row < lengths.Length; row++)
        {
            Assert.Equal(lengths[row], tokenizerMask.Indices(row).Length);
            literalPadding += tokenizerMask.Indices(row).Count(token => ids[row, token] == 0);
        }

        // The mask counts tokens, not ids: some row has the padding's id inside its prompt.
        Assert.True(literalPadding > 0);
        stored.AssertEveryTensorWasUsed();
    }
}
