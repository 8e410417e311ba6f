using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Interop.Tests;

/// <summary>Scaled float8 in ComfyUI's layouts: what marks it, and what a file says whose scales are lost.</summary>
public sealed class ScaledFloat8Tests(EngineFixture fixture) : IDisposable
{
    private const string Some = "single_blocks.1.linear1", SomeOfT5 = "encoder.block.1.layer.1.DenseReluDense.wo";

    private readonly TemporaryFolder _folder = new();
    private readonly List<(string Name, string Type, int[] Shape, byte[] Data)> _tensors = [];
    private readonly Dictionary<string, string> _metadata = [];

    /// <summary>How a file tells of its scaled layers.</summary>
    public enum Layout
    {
        /// <summary>A marker for the whole file, <c>X.scale_weight</c>.</summary>
        Marker,

        /// <summary>A description beside each layer, <c>X.weight_scale</c>.</summary>
        PerLayer,

        /// <summary>A description of all layers in the header.</summary>
        Header,

        /// <summary>Not at all.</summary>
        None,
    }

    private string Path => _folder.File("float8.safetensors");

    public static TheoryData<Layout, string, bool> Cases()
    {
        TheoryData<Layout, string, bool> cases = [];
        foreach (Layout layout in Enum.GetValues<Layout>())
        {
            foreach (string prefix in (string[])["", "model.diffusion_model."])
            {
                cases.Add(layout, prefix, true);
                cases.Add(layout, prefix, false);
            }
        }

        return cases;
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task What_has_its_scales_is_read_and_converted(Layout layout, string prefix, bool transformer)
    {
        Write(layout, transformer, transformer || prefix.Length == 0 ? prefix : "text_encoders.t5xxl.transformer.");

        Load(transformer, Path);
        await WeightsFile.QuantizeAsync(Path, _folder.File("out.safetensors"), new QuantizeOptions { Type = WeightType.F32 }, cancellationToken: TestContext.Current.CancellationToken);
        Load(transformer, _folder.File("out.safetensors"));
        using WeightsFile file = WeightsFile.Open(_folder.File("out.safetensors"));
        Assert.Equal(2f, file.Read((transformer ? Some : SomeOfT5) + ".weight").Span[0]); // 448 times its scale
        Assert.DoesNotContain("_quantization_metadata", file.Metadata.Keys);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_lost_scale_is_named(Layout layout, string prefix, bool transformer)
    {
        string layer = transformer ? Some : SomeOfT5;
        Write(layout, transformer, transformer || prefix.Length == 0 ? prefix : "text_encoders.t5xxl.transformer.", lost: name => name == layer);

        AssertRefused(ChromaErrorKind.MissingTensor, transformer, layer + ".weight", "scale");
    }

    [Theory]
    [InlineData(Layout.Marker)]
    [InlineData(Layout.PerLayer)]
    [InlineData(Layout.Header)]
    public void All_scales_lost_are_noticed_where_the_file_says_that_it_is_scaled(Layout layout)
    {
        foreach (bool transformer in (bool[])[true, false])
        {
            Write(layout, transformer, "", lost: _ => true);

            AssertRefused(ChromaErrorKind.MissingTensor, transformer, ".weight", "scale");
        }
    }

    [Fact]
    public void Plain_float8_without_any_scale_is_read_as_it_is()
    {
        Write(Layout.None, transformer: true, "", lost: _ => true);

        Load(transformer: true, Path);
    }

    [Fact]
    public void A_marker_of_one_part_says_nothing_about_another()
    {
        Write(Layout.Marker, transformer: true, "model.diffusion_model.");
        Write(Layout.None, transformer: false, "text_encoders.t5xxl.transformer.", lost: _ => true, keep: true);

        Load(transformer: true, Path);
        Load(transformer: false, Path);
    }

    [Theory]
    [InlineData("nvfp4")]
    [InlineData("mxfp8")]
    [InlineData("int8_tensorwise")]
    [InlineData("convrot_w4a4")]
    [InlineData("some_other")]
    public void Formats_that_cannot_be_read_are_named(string format)
    {
        foreach (Layout layout in (Layout[])[Layout.PerLayer, Layout.Header])
        {
            Write(layout, transformer: true, "", format: format);

            AssertRefused(ChromaErrorKind.Unsupported, transformer: true, format);
        }
    }

    [Fact]
    public void Descriptions_that_are_not_true_are_refused()
    {
        Write(Layout.PerLayer, transformer: true, "", format: "float8_e5m2");
        AssertRefused(ChromaErrorKind.Format, transformer: true, "float8_e5m2", "F8_E4M3");

        Write(Layout.PerLayer, transformer: true, "", format: "");
        AssertRefused(ChromaErrorKind.Format, transformer: true, "img_in.weight");

        Write(Layout.Marker, transformer: true, "");
        _metadata["_quantization_metadata"] = "{}";
        Save();
        AssertRefused(ChromaErrorKind.Format, transformer: true, "_quantization_metadata");
    }

    [Fact]
    public void Scales_of_an_unknown_kind_are_not_passed_over()
    {
        Write(Layout.None, transformer: true, "", lost: _ => true);
        _tensors.Add((Some + ".weight_scale_inv", "F32", [1, 1], new byte[4]));
        Save();
        AssertRefused(ChromaErrorKind.Unsupported, transformer: true, Some + ".weight_scale_inv");

        Write(Layout.None, transformer: true, "", lost: _ => true);
        _tensors.Add(("img_in.weight_scale", "F32", [7], new byte[28]));
        Save();
        AssertRefused(ChromaErrorKind.TensorShape, transformer: true, "img_in.weight_scale");
    }

    [Fact]
    public void A_scale_beside_values_that_are_no_float8_is_refused()
    {
        Write(Layout.Marker, transformer: true, "");
        int at = _tensors.FindIndex(tensor => tensor.Name == "img_in.weight");
        _tensors[at] = _tensors[at] with { Type = "BF16", Data = new byte[2 * _tensors[at].Data.Length] };
        Save();

        AssertRefused(ChromaErrorKind.Unsupported, transformer: true, "img_in.weight", "BF16");
    }

    private static bool IsScaled(string name, FloatTensor tensor) =>
        tensor.Rank == 2 && name.EndsWith(".weight", StringComparison.Ordinal) && !name.StartsWith("distilled", StringComparison.Ordinal)
        && name != "shared.weight" && !name.Contains("relative", StringComparison.Ordinal);

    // Every scaled value is 448 in float8, which its scale makes 2.
    private void Write(
        Layout layout, bool transformer, string prefix, Func<string, bool>? lost = null, string format = "float8_e4m3fn", bool keep = false)
    {
        if (!keep)
        {
            _tensors.Clear();
            _metadata.Clear();
        }

        if (layout == Layout.Marker)
        {
            _tensors.Add((prefix + "scaled_fp8", "F8_E4M3", [0], []));
        }

        byte[] description = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["format"] = format });
        List<string> layers = [];
        foreach ((string name, FloatTensor tensor) in TinyModels.ReadTensors(transformer ? TinyModels.TransformerPath : TinyModels.TextEncoderPath))
        {
            if (!IsScaled(name, tensor))
            {
                _tensors.Add((prefix + name, "F32", tensor.Shape.ToArray(), MemoryMarshal.AsBytes(tensor.Span).ToArray()));
                continue;
            }

            string layer = name[..^".weight".Length];
            layers.Add(layer);
            _tensors.Add((prefix + name, "F8_E4M3", tensor.Shape.ToArray(), [.. Enumerable.Repeat((byte)0x7E, tensor.Length)]));
            if (lost?.Invoke(layer) != true)
            {
                _tensors.Add((prefix + layer + (layout == Layout.Marker ? ".scale_weight" : ".weight_scale"), "F32", [], BitConverter.GetBytes(2f / 448)));
            }

            if (layout == Layout.PerLayer)
            {
                _tensors.Add((prefix + layer + ".comfy_quant", "U8", [description.Length], description));
            }
        }

        if (layout == Layout.Header)
        {
            // Without the prefix that the file's tensors have.
            string each = string.Join(",", layers.Select(layer => $"\"{layer}\":{Encoding.UTF8.GetString(description)}"));
            _metadata["_quantization_metadata"] = $$$"""{"format_version":"1.0","layers":{{{{each}}}}}""";
        }

        Save();
    }

    private void Save() => RawSafetensors.Save(Path, _tensors, _metadata);

    private void Load(bool transformer, string path)
    {
        using IDisposable loaded = transformer
            ? Transformer.Load(fixture.Engine, path, TinyModels.TransformerOptions)
            : TextEncoder.Load(fixture.Engine, path);
    }

    private void AssertRefused(ChromaErrorKind kind, bool transformer, params string[] words)
    {
        string output = _folder.File("out.gguf");
        foreach (Action action in (Action[])[() => Load(transformer, Path), () => WeightsFile.QuantizeAsync(Path, output, new QuantizeOptions { Type = WeightType.F16 }).GetAwaiter().GetResult()])
        {
            ChromaException error = Assert.Throws<ChromaException>(action);
            Assert.True(error.Kind == kind, $"{error.Kind}: {error.Message}");
            Assert.Contains(Path, error.Message, StringComparison.Ordinal);
            Assert.All(words, word => Assert.Contains(word, error.Message, StringComparison.Ordinal));
        }

        Assert.False(File.Exists(output));
    }
}
