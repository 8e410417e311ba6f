using Chroma.Tensors;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>
/// A NaN or an infinity that a function is given comes out again where it has a part in the result: it is not turned into a number that looks right.
/// </summary>
public class UndefinedInputTests(StoredModels models)
{
    private const int Length = 5, Head = 64;

    public static TheoryData<string, string, float> Attention
    {
        get
        {
            TheoryData<string, string, float> cases = [];
            foreach (string function in (string[])["attention", "attention_half", "attention_int8"])
            {
                foreach (string input in (string[])["q", "k", "v"])
                {
                    cases.Add(function, input, float.NaN);
                    cases.Add(function, input, float.PositiveInfinity);
                    cases.Add(function, input, float.NegativeInfinity);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Attention))]
    public void Attention_passes_it_on(string function, string input, float value)
    {
        Dictionary<string, FloatTensor> inputs = new(StringComparer.Ordinal) { ["q"] = Heads(1), ["k"] = Heads(2), ["v"] = Heads(3) };
        inputs[input].Span[(2 * Head) + 7] = value; // token 2, channel 7

        FloatTensor output = models.Engine.RunFunction(function, inputs)["output"];

        for (int token = 0; token < Length; token++)
        {
            Span<float> row = output.Span.Slice(token * Head, Head);
            if (input == "q" && token != 2)
            {
                Assert.All(row.ToArray(), number => Assert.True(float.IsFinite(number)));
            }
            else if (input == "v")
            {
                Assert.False(float.IsFinite(row[7]));
                Assert.True(float.IsFinite(row[8]));
            }
            else if (input == "q" || float.IsNaN(value))
            {
                Assert.Contains(row.ToArray(), number => !float.IsFinite(number));
            }
        }
    }

    [Theory]
    [InlineData("gelu", float.NaN)]
    [InlineData("silu", float.NaN)]
    [InlineData("layer_norm", float.NaN)]
    [InlineData("layer_norm", float.PositiveInfinity)]
    [InlineData("gelu", float.PositiveInfinity)]
    [InlineData("silu", float.PositiveInfinity)]
    public void A_function_of_one_input_passes_it_on(string function, float value)
    {
        FloatTensor x = new(2, 40);
        x.Span.Fill(0.5f);
        x.Span[3] = value;

        FloatTensor output = models.Function(function, ("x", x));

        Assert.False(float.IsFinite(output.Span[3]));
        Assert.All(output.Span[40..].ToArray(), number => Assert.True(float.IsFinite(number)));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("shift")]
    [InlineData("scale")]
    public void A_modulation_passes_it_on(string input)
    {
        Dictionary<string, FloatTensor> inputs = Named.Tensors(("x", new FloatTensor(1, 2, 8)), ("shift", new FloatTensor(1, 8)), ("scale", new FloatTensor(1, 8)));
        inputs["x"].Span.Fill(1);
        inputs[input].Span[3] = float.NaN;

        FloatTensor output = models.Engine.RunFunction("modulate", inputs)["output"];

        Assert.True(float.IsNaN(output.Span[3]));
        Assert.Equal(input != "x", float.IsNaN(output.Span[8 + 3]));
    }

    [Fact]
    public void Positions_and_times_that_are_none_give_none()
    {
        FloatTensor ids = new([float.NaN, 0, float.PositiveInfinity, 1, 1, 1], 2, 3);
        FloatTensor table = models.Function("rope_table", ("ids", ids), ("axes", Named.Vector(2, 2, 2)));
        Assert.True(float.IsNaN(table.Span[0]));
        Assert.All(table.Span[12..].ToArray(), number => Assert.True(float.IsFinite(number)));

        FloatTensor times = models.Function("timestep_embedding", ("t", Named.Vector(float.NaN, 0.5f)), ("dim", Named.Vector(8)));
        Assert.All(times.Span[..8].ToArray(), number => Assert.True(float.IsNaN(number)));
        Assert.All(times.Span[8..].ToArray(), number => Assert.True(float.IsFinite(number)));
    }

    [Theory]
    [InlineData("timestep_embedding", "dim")]
    [InlineData("approximator_input", "rows")]
    public void A_count_that_is_none_is_refused(string function, string count)
    {
        foreach (float value in (float[])[float.NaN, float.PositiveInfinity, -1, 1e30f, 2.5f])
        {
            ChromaException error = Assert.Throws<ChromaException>(() => models.Function(function, ("t", Named.Vector(0.5f)), (count, Named.Vector(value))));
            Assert.Contains($"'{count}'", error.Message, StringComparison.Ordinal);
        }
    }

    private static FloatTensor Heads(int seed)
    {
        FloatTensor tensor = new(1, 1, Length, Head);
        for (int i = 0; i < tensor.Length; i++)
        {
            tensor.Span[i] = MathF.Sin((i * 0.7f) + seed);
        }

        return tensor;
    }
}
