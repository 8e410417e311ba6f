using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Sdk.Tests.Models;

public sealed class TapTests(EngineFixture fixture) : IDisposable
{
    private readonly Transformer _transformer = TinyModels.LoadTransformer(fixture.Engine);
    private readonly TransformerCase _case = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _transformer.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Taps_of_everything_are_the_modules_of_the_reference_with_their_values()
    {
        using TapSession taps = _transformer.Tap("*");
        _case.Run(_transformer);

        using SafetensorsFile reference = Golden.Open("layers/transformer.outputs");
        Assert.Equal(
            reference.Tensors.Select(tensor => tensor.Name).Where(name => name != "velocity").Order(StringComparer.Ordinal),
            taps.Names.Order(StringComparer.Ordinal));
        foreach ((string name, FloatTensor tensor) in taps.Tensors)
        {
            Agree.WithinAbsolute(tensor, reference.ReadFloats(name), TransformerCase.Tolerance, name);
        }
    }

    [Fact]
    public void A_session_gets_what_its_patterns_name()
    {
        using TapSession taps = _transformer.Tap("double_blocks.?.img", "final_layer");
        _case.Run(_transformer);

        Assert.Equal(["double_blocks.0.img", "double_blocks.1.img", "final_layer"], taps.Names);
        Assert.Equal([2, 6, 64], taps["double_blocks.0.img"].Shape);
        Assert.True(taps.TryGet("final_layer", out _));
        Assert.False(taps.TryGet("img_in", out _));
        Assert.Contains("'img_in'", Assert.Throws<KeyNotFoundException>(() => taps["img_in"]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sessions_do_not_disturb_each_other_nor_the_result()
    {
        FloatTensor alone = _case.Run(_transformer);
        using TapSession outer = _transformer.Tap("img_in");
        using (TapSession inner = _transformer.Tap("img_*", "txt_in"))
        {
            Assert.Equal(alone.Span, _case.Run(_transformer).Span);
            Assert.Equal(2, inner.Count);
            inner["img_in"].Span.Clear();
            Assert.NotEqual(0, outer["img_in"].Span[0]);
        }

        outer.Clear();
        _case.Run(_transformer);
        Assert.Equal(["img_in"], outer.Names);
    }

    [Fact]
    public void A_closed_session_keeps_what_it_has_and_gets_no_more()
    {
        TapSession taps = _transformer.Tap("img_in");
        _case.Run(_transformer);
        FloatTensor before = taps["img_in"];
        taps.Dispose();
        taps.Dispose();
        _case.Run(_transformer);

        Assert.Same(before, taps["img_in"]);
    }

    [Fact]
    public void A_later_run_replaces_what_an_earlier_one_left()
    {
        using TapSession taps = _transformer.Tap("img_in");
        _case.Run(_transformer);
        FloatTensor before = taps["img_in"];
        _transformer.Forward(new FloatTensor(1, 16, 4, 4), [0.5f], new FloatTensor(1, 3, 40));

        Assert.Equal(1, taps.Count);
        Assert.Equal([1, 4, 64], taps["img_in"].Shape);
        Assert.Equal([2, 6, 64], before.Shape);
    }

    [Fact]
    public void A_listener_sees_each_layer_as_it_comes()
    {
        List<string> seen = [];
        using (TapSession taps = _transformer.Tap("double_blocks.0.*_norm1", (name, _) => seen.Add(name)))
        {
            _case.Run(_transformer);
            _case.Run(_transformer);
            Assert.Equal(0, taps.Count);
        }

        _case.Run(_transformer);
        Assert.Equal(4, seen.Count);
    }

    [Fact]
    public void Taps_of_one_run_see_that_run_only()
    {
        List<string> seen = [];
        _case.Run(_transformer, new RunOptions { Taps = [new LayerTap(["final_layer"], (name, _) => seen.Add(name))] });
        _case.Run(_transformer);

        Assert.Equal(["final_layer"], seen);
    }

    [Fact]
    public void A_dump_holds_the_layers_in_the_order_of_computation()
    {
        using TapSession taps = _transformer.Tap("*");
        _case.Run(_transformer);
        string path = _folder.File("dump.safetensors");

        taps.Save(path);

        using SafetensorsFile dump = SafetensorsFile.Open(path);
        List<string> names = [.. dump.Tensors.Select(tensor => tensor.Name)];
        Assert.Equal(taps.Names, names);
        Assert.Equal(taps["single_blocks.1"].Span, dump.ReadFloats("single_blocks.1").Span);
        string[] inOrder = ["img_in", "double_blocks.0.img_norm1", "double_blocks.0.img", "double_blocks.1.img", "single_blocks.0", "final_layer.linear"];
        Assert.Equal(inOrder, inOrder.OrderBy(names.IndexOf));
    }

    [Fact]
    public unsafe void While_nobody_looks_native_code_is_given_nobody_to_ask()
    {
        using NativeCall quiet = NativeCall.ForRun(new RunOptions(), []);
        using NativeCall watched = NativeCall.ForRun(new RunOptions(), [new LayerTap(["img_*", "txt_in"], (_, _) => { }), new LayerTap(["txt_in"], (_, _) => { })]);
        Interop.chroma_run_options nothing = quiet.ToRunOptions(0), something = watched.ToRunOptions(3);

        Assert.True(nothing.tap is null && nothing.progress is null && nothing.abort is null && nothing.user_data is null);
        Assert.Equal(0, nothing.tap_pattern_count);
        Assert.True(something.tap is not null && something.progress is null && something.abort is not null && something.user_data is not null);
        Assert.Equal((2, 3), (something.tap_pattern_count, something.threads));
    }

    [Fact]
    public void Sessions_without_patterns_are_refused()
    {
        Assert.Throws<ArgumentException>(() => _transformer.Tap());
        Assert.Throws<ArgumentException>(() => _transformer.Tap("img_in", ""));
        Assert.Throws<ArgumentNullException>(() => _transformer.Tap("img_in", (Action<string, FloatTensor>)null!));
    }

    [Theory]
    [InlineData("*", "", true)]
    [InlineData("*", "double_blocks.0.img", true)]
    [InlineData("double_blocks.*.img", "double_blocks.0.img", true)]
    [InlineData("double_blocks.*.img", "double_blocks.0.x.img", true)]
    [InlineData("double_blocks.*.img", "double_blocks.0.img_mod", false)]
    [InlineData("double_blocks.?.img", "double_blocks.10.img", false)]
    [InlineData("a*b*c", "aXbXbXc", true)]
    [InlineData("a*b*c", "aXbXbX", false)]
    [InlineData("a**", "a", true)]
    [InlineData("a?", "a", false)]
    [InlineData("", "a", false)]
    [InlineData("A", "a", false)]
    [InlineData("[a]", "a", false)]
    public void Patterns_match_as_globs_do(string pattern, string name, bool matches) => Assert.Equal(matches, Glob.Matches(pattern, name));
}
