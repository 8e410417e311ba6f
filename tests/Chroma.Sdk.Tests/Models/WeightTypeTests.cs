using Chroma.Interop;
using Chroma.Models;
using Xunit;

namespace Chroma.Sdk.Tests.Models;

public sealed unsafe class WeightTypeTests
{
    public static TheoryData<WeightType> All => [.. Enum.GetValues<WeightType>()];

    [Theory]
    [MemberData(nameof(All))]
    public void Names_are_those_of_the_native_library_both_ways(WeightType type)
    {
        string name = type.ToName();

        Assert.Equal(System.Runtime.InteropServices.Marshal.PtrToStringUTF8((nint)ChromaNative.chroma_type_name((chroma_type)type)), name);
        Assert.Equal(type, WeightTypes.Parse(name));
        Assert.Equal(type, WeightTypes.Parse(name.ToUpperInvariant()));
    }

    [Theory]
    [InlineData("q9_0")]
    [InlineData("")]
    [InlineData(" f16")]
    [InlineData("1")]
    public void Other_names_are_refused(string name)
    {
        Assert.False(WeightTypes.TryParse(name, out _));
        Assert.Contains("q8_0", Assert.Throws<ArgumentException>(() => WeightTypes.Parse(name)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fp16", WeightType.F16)]
    [InlineData("half", WeightType.F16)]
    [InlineData("float32", WeightType.F32)]
    [InlineData("bfloat16", WeightType.BF16)]
    [InlineData("Q8_0", WeightType.Q8_0)]
    [InlineData("Q6_K", WeightType.Q6_K)]
    public void Targets_have_names_elsewhere_too(string name, WeightType type)
    {
        Assert.True(WeightTypes.TryParseTarget(name, out WeightType found, out string? remark));
        Assert.Equal((type, null), (found, remark));
    }

    [Theory]
    [InlineData("Q4_K_M", WeightType.Q4_K)]
    [InlineData("q4_k_s", WeightType.Q4_K)]
    [InlineData("Q5_K_M", WeightType.Q5_K)]
    [InlineData("Q5_K_S", WeightType.Q5_K)]
    [InlineData("Q3_K_L", WeightType.Q3_K)]
    [InlineData("Q6_K_L", WeightType.Q6_K)]
    public void Mixtures_give_their_plain_type_and_say_so(string name, WeightType type)
    {
        Assert.True(WeightTypes.TryParseTarget(name, out WeightType found, out string? remark));
        Assert.Equal(type, found);
        Assert.Contains(type.ToName(), remark, StringComparison.Ordinal);
        Assert.False(WeightTypes.TryParse(name, out _));
    }

    [Theory]
    [InlineData("IQ4_XS", "q4_k")]
    [InlineData("iq4_nl", "q4_k")]
    [InlineData("IQ3_XXS", "q3_k")]
    [InlineData("fp8", "q8_0")]
    [InlineData("fp8_e4m3fn", "q8_0")]
    [InlineData("F8_E5M2", "q8_0")]
    [InlineData("nf4", "q4_k")]
    [InlineData("i8", "q8_0")]
    [InlineData("float64", "f32")]
    public void What_cannot_be_written_is_refused_with_the_nearest(string name, string nearest)
    {
        Assert.False(WeightTypes.TryParseTarget(name, out _, out string? remark));
        Assert.Contains($"nearest type that can be written is {nearest}", remark, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("q9_0")]
    [InlineData("stored")]
    [InlineData("other")]
    [InlineData("Q8_0_M")]
    [InlineData("_K_M")]
    [InlineData(null)]
    public void What_is_no_target_is_refused_with_the_targets(string? name)
    {
        Assert.False(WeightTypes.TryParseTarget(name, out _, out string? remark));
        Assert.Contains("q8_0", remark, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_outside_the_enum_has_no_name() => Assert.Throws<ArgumentOutOfRangeException>(() => ((WeightType)99).ToName());

    [Fact]
    public void Weights_convert_to_floats_quantised_types_and_int8_only()
    {
        Assert.Equal(
            ["f32", "f16", "bf16", "q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "q2_k", "q3_k", "q4_k", "q5_k", "q6_k", "int8"],
            WeightTypes.Targets.Select(type => type.ToName()));
        Assert.All(WeightTypes.Targets, type => Assert.Equal(type.ToName().StartsWith('q'), type.IsQuantized()));
    }
}
