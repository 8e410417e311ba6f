using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Sdk.Tests.Models;

public sealed class TransformerTests(EngineFixture fixture) : IDisposable
{
    private readonly Transformer _transformer = TinyModels.LoadTransformer(fixture.Engine);
    private readonly TransformerCase _case = new();

    public void Dispose() => _transformer.Dispose();

    [Fact]
    public void Sizes_are_found_in_the_weights() => Assert.Equal(
        new TransformerInfo
        {
            HiddenSize = 64,
            Heads = 2,
            HeadSize = 32,
            DoubleBlocks = 2,
            SingleBlocks = 3,
            MlpSize = 256,
            ContextSize = 40,
            LatentChannels = 16,
            PatchSize = 2,
            ApproximatorInputs = 64,
            ApproximatorSize = 48,
            ApproximatorLayers = 2,
            ModulationRows = 35,
            RopeAxes = new RopeAxes(8, 12, 12),
            ParameterCount = 375_056,
        },
        _transformer.Info);

    [Fact]
    public void The_velocity_is_that_of_the_reference() => _case.RunAndCheck(_transformer);

    [Fact]
    public void The_velocity_can_go_into_memory_of_the_callers()
    {
        float[] velocity = new float[_case.Latent.Length];

        _transformer.Forward(_case.Latent.Span, new LatentSize(2, 6, 4), _case.Timestep.Span, _case.Context, _case.Mask, velocity);

        Assert.Equal(_case.Run(_transformer).Span, velocity.AsSpan());
    }

    [Fact]
    public void Threads_do_not_change_the_result() =>
        Assert.Equal(_case.Run(_transformer, new RunOptions { Threads = 1 }).Span, _case.Run(_transformer, new RunOptions { Threads = 3 }).Span);

    [Fact]
    public void A_schedule_that_rounds_above_one_means_one()
    {
        FloatTensor exact = _transformer.Forward(_case.Latent, [1f, 0f], _case.Context, _case.Mask);
        FloatTensor rounded = _transformer.Forward(_case.Latent, [1.000001f, 0f], _case.Context, _case.Mask);

        Assert.Equal(exact.Span, rounded.Span);
    }

    [Fact]
    public async Task Loading_on_another_thread_gives_the_same_model()
    {
        using Transformer loaded = await Transformer.LoadAsync(fixture.Engine, TinyModels.TransformerPath, TinyModels.TransformerOptions);

        _case.RunAndCheck(loaded);
    }

    [Fact]
    public void Memory_is_planned_held_and_given_back()
    {
        MemoryUsage before = _transformer.Memory;
        MemoryUsage plan = _transformer.Plan(new LatentSize(2, 6, 4), 8, _case.Mask);
        _case.Run(_transformer);
        MemoryUsage held = _transformer.Memory;
        _transformer.Trim();
        MemoryUsage after = _transformer.Memory;

        Assert.Equal(1_500_224, before.WeightBytes + before.MappedBytes);
        Assert.Equal(0, before.ComputeBytes);
        Assert.True(plan.ComputeBytes > 0);
        Assert.InRange(held.ComputeBytes, plan.ComputeBytes / 2, plan.ComputeBytes * 2);
        Assert.Equal(0, after.ComputeBytes);
        Assert.True(after.PeakBytes >= held.ComputeBytes);
        _case.RunAndCheck(_transformer);
    }

    [Fact]
    public void A_larger_latent_needs_more_memory() => Assert.True(
        _transformer.Plan(new LatentSize(1, 64, 64), 8).ComputeBytes > 2 * _transformer.Plan(new LatentSize(1, 32, 32), 8).ComputeBytes);

    [Fact]
    public void Modules_run_alone()
    {
        FloatTensor tokens = TransformerCase.Expected("single_blocks.2");
        FloatTensor modulation = new(2, 2, 64); // no shift and no scale
        IReadOnlyDictionary<string, FloatTensor> result = _transformer.RunModule(
            "final_layer", new Dictionary<string, FloatTensor> { ["x"] = tokens, ["modulation"] = modulation });

        FloatTensor output = Assert.Single(result).Value;
        Assert.Equal("output", Assert.Single(result.Keys));
        Assert.Equal([2, tokens.Shape[1], 64], output.Shape);
    }

    [Fact]
    public void Functions_run_alone()
    {
        IReadOnlyDictionary<string, FloatTensor> result = fixture.Engine.RunFunction(
            "modulate",
            new Dictionary<string, FloatTensor>
            {
                ["x"] = new([1, 2, 3, 4], 1, 2, 2),
                ["shift"] = new([10, 20], 1, 2),
                ["scale"] = new([0, 1], 1, 2),
            });

        Assert.Equal([11, 24, 13, 28], result["output"].Span); // (1 + scale) x + shift
    }

    [Fact]
    public void Arguments_that_do_not_fit_are_named()
    {
        FloatTensor latent = _case.Latent, context = _case.Context;
        float[] timestep = [0.5f, 0.5f];

        Refuse("latent", () => _transformer.Forward(null!, timestep, context));
        Refuse("latent", () => _transformer.Forward(new FloatTensor(2, 15, 6, 4), timestep, context));
        Refuse("latent", () => _transformer.Forward(new FloatTensor(16, 6, 4), timestep, context));
        Refuse("size", () => _transformer.Forward(new FloatTensor(2, 16, 5, 4), timestep, context));
        Refuse("size", () => _transformer.Forward(new FloatTensor(2, 16, 6, 0), timestep, context));
        Refuse("size", () => _transformer.Forward(new FloatTensor(0, 16, 6, 4), timestep, context));
        Refuse("timestep", () => _transformer.Forward(latent, [0.5f], context));
        Refuse("timestep", () => _transformer.Forward(latent, [0.5f, 1.1f], context));
        Refuse("timestep", () => _transformer.Forward(latent, [0.5f, -0.1f], context));
        Refuse("timestep", () => _transformer.Forward(latent, [0.5f, float.NaN], context));
        Refuse("context", () => _transformer.Forward(latent, timestep, null!));
        Refuse("context", () => _transformer.Forward(latent, timestep, new FloatTensor(2, 8, 41)));
        Refuse("context", () => _transformer.Forward(latent, timestep, new FloatTensor(1, 8, 40)));
        Refuse("context", () => _transformer.Forward(latent, timestep, new FloatTensor(2, 0, 40)));
        Refuse("contextMask", () => _transformer.Forward(latent, timestep, context, new bool[2, 7]));
        Refuse("contextMask", () => _transformer.Forward(latent, timestep, context, new bool[2, 8]));
        Refuse("velocity", () => _transformer.Forward(latent.Span, new LatentSize(2, 6, 4), timestep, context, null, new float[5]));
        Refuse("options", () => _transformer.Forward(latent, timestep, context, null, new RunOptions { Threads = -1 }));
        Refuse("options", () => _transformer.Forward(latent, timestep, context, null, new RunOptions { Threads = int.MaxValue }));
        Refuse("textTokens", () => _transformer.Plan(new LatentSize(1, 6, 4), 0));
        Refuse("inputs", () => _transformer.RunModule("final_layer", new Dictionary<string, FloatTensor> { ["x"] = new(1, 1, 1, 1, 1, 1, 1, 1, 1) }));
        Refuse("module", () => _transformer.RunModule("", new Dictionary<string, FloatTensor>()));
        Refuse("module", () => _transformer.RunModule("final\0layer", new Dictionary<string, FloatTensor>()));
    }

    [Fact]
    public void A_latent_that_is_not_finite_is_refused()
    {
        FloatTensor latent = _case.Latent.Clone();
        latent.Span[5] = float.NaN;

        ChromaException error = Assert.Throws<ChromaException>(() => _transformer.Forward(latent, [0.5f, 0.5f], _case.Context));

        Assert.Equal(ChromaErrorKind.InvalidArgument, error.Kind);
        Assert.Contains("latent", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 12, 12)]
    [InlineData(-8, 20, 20)]
    [InlineData(0, 0, 0)]
    [InlineData(int.MaxValue - 1, int.MaxValue - 1, 2)]
    public void Rope_axes_that_are_none_are_refused(int text, int row, int column) => Refuse("options", () => Transformer.Load(
        fixture.Engine, TinyModels.TransformerPath, new ModelLoadOptions { RopeAxes = new RopeAxes(text, row, column) }));

    [Theory]
    [InlineData(WeightType.I32)]
    [InlineData(WeightType.F8_E4M3)]
    [InlineData((WeightType)99)]
    public void Types_that_weights_cannot_have_are_refused(WeightType type) =>
        Refuse("options", () => Transformer.Load(fixture.Engine, TinyModels.TransformerPath, new ModelLoadOptions { Type = type }));

    [Theory]
    [InlineData(WeightType.F16, 0.014)] // multiplied as bf16
    [InlineData(WeightType.BF16, 0.02)]
    [InlineData(WeightType.Q8_0, 0.04)]
    public void Converted_weights_give_nearly_the_same(WeightType type, double tolerance)
    {
        using Transformer converted = Transformer.Load(fixture.Engine, TinyModels.TransformerPath, TinyModels.TransformerOptions with { Type = type });

        FloatTensor velocity = _case.Run(converted);

        Assert.False(_case.Run(_transformer).Span.SequenceEqual(velocity.Span));
        Agree.RelativeOfMax(velocity, TransformerCase.Expected("velocity"), tolerance, type.ToName());
        Assert.True(converted.Memory.WeightBytes < 1_500_224);
    }

    private static void Refuse(string parameter, Action action) =>
        Assert.Equal(parameter, Assert.ThrowsAny<ArgumentException>(action).ParamName);
}
