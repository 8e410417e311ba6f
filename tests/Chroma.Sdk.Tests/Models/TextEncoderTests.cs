using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Sdk.Tests.Models;

public sealed class TextEncoderTests : IDisposable
{
    private const double Tolerance = 1.7e-5; // 10 x what independent float32 implementations were apart

    private readonly TextEncoder _encoder;
    private readonly int[,] _ids;
    private readonly bool[,] _mask = TinyModels.ReadMask("layers/text_encoder.inputs", "attention_mask");

    public TextEncoderTests(EngineFixture fixture)
    {
        _encoder = TextEncoder.Load(fixture.Engine, TinyModels.TextEncoderPath);
        using SafetensorsFile inputs = Golden.Open("layers/text_encoder.inputs");
        _ids = new int[2, 8];
        Buffer.BlockCopy(inputs.ReadInt32("input_ids"), 0, _ids, 0, _ids.Length * sizeof(int));
    }

    public void Dispose() => _encoder.Dispose();

    [Fact]
    public void Sizes_are_found_in_the_weights()
    {
        Assert.Equal((512, 40, 4, 8), (_encoder.Info.VocabularySize, _encoder.Info.HiddenSize, _encoder.Info.Heads, _encoder.Info.HeadSize));
        Assert.Equal((96, 2, 32), (_encoder.Info.FeedForwardSize, _encoder.Info.Layers, _encoder.Info.RelativeBuckets));
    }

    [Theory]
    [InlineData(TextMask.Key, "layers/text_encoder.outputs")]
    [InlineData(TextMask.Training, "layers/text_encoder.training")]
    [InlineData(TextMask.None, "layers/text_encoder.none")]
    public void States_are_those_of_the_reference(TextMask mask, string stored) =>
        Agree.WithinAbsolute(_encoder.Encode(_ids, _mask, mask), Golden.Floats(stored, "last_hidden_state"), Tolerance, mask.ToString());

    [Fact]
    public void Memory_is_planned_and_given_back()
    {
        MemoryUsage plan = _encoder.Plan(2, 8, _mask);
        _encoder.Encode(_ids, _mask);

        Assert.True(plan.ComputeBytes > 0);
        Assert.True(_encoder.Memory.ComputeBytes > 0);
        _encoder.Trim();
        Assert.Equal(0, _encoder.Memory.ComputeBytes);
    }

    [Fact]
    public void Arguments_that_do_not_fit_are_named()
    {
        Assert.Equal("inputIds", Assert.Throws<ArgumentNullException>(() => _encoder.Encode(null!)).ParamName);
        Assert.Equal("inputIds", Assert.Throws<ArgumentException>(() => _encoder.Encode(new[,] { { 1, 512 } })).ParamName);
        Assert.Equal("inputIds", Assert.Throws<ArgumentException>(() => _encoder.Encode(new[,] { { -1, 1 } })).ParamName);
        Assert.ThrowsAny<ArgumentException>(() => _encoder.Encode(new int[0, 3]));
        Assert.ThrowsAny<ArgumentException>(() => _encoder.Encode(new int[1, 0]));
        Assert.Equal("attentionMask", Assert.Throws<ArgumentException>(() => _encoder.Encode(_ids, new bool[1, 8])).ParamName);
        Assert.Equal("mask", Assert.Throws<ArgumentOutOfRangeException>(() => _encoder.Encode(_ids, _mask, (TextMask)3)).ParamName);
    }

    [Fact]
    public void The_transformer_sees_the_tokens_and_one_padding_token()
    {
        bool[,] attention = { { true, true, false, false }, { true, true, true, true }, { true, false, false, false } };

        Assert.Equal(
            new[,] { { true, true, true, false }, { true, true, true, true }, { true, true, false, false } },
            PaddingMask.Generate(attention));
        Assert.Equal(attention, PaddingMask.Generate(attention, paddingTokens: 0));
        Assert.All(PaddingMask.Generate(attention, paddingTokens: 99).Cast<bool>(), Assert.True);
    }

    [Fact]
    public void A_padding_mask_of_nothing_is_refused()
    {
        Assert.Equal("attentionMask", Assert.Throws<ArgumentException>(() => PaddingMask.Generate(new bool[2, 0])).ParamName);
        Assert.Throws<ArgumentOutOfRangeException>(() => PaddingMask.Generate(new bool[1, 1], -1));
    }
}
