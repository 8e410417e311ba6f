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
