using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>Files of int8 rows: <c>X.weight</c> as I8, <c>X.weight_scale</c> as F32, and metadata about the rotation.</summary>
public sealed class Int8FileTests(StoredModels models) : IDisposable
{
    private const string Matrix = "double_blocks.0.img_attn.qkv.weight", Scales = Matrix + "_scale";
    private const string RotationKey = "chroma.int8.rotation", StrideKey = "chroma.int8.stride";
    private const uint F16 = 1, I8 = 24;

    private readonly DummyWeights _weights = DummyWeights
        .Transformer(hidden: 256, mlp: 512, context: 256, approximatorInputs: 64, approximator: 64, heads: 2).Randomize(5);

    [Theory]
    [InlineData("int8.gguf")]
    [InlineData("int8.safetensors")]
    public async Task A_file_gives_the_bits_that_loading_as_int8_gives(string name)
    {
        SkipWithoutOneDnn();
        string path = await QuantizeAsync(_weights.Save(), name);

        Assert.Equal(Velocity(_weights.Save(), WeightType.Int8), Velocity(path));
        Assert.Equal(Velocity(path), Velocity(path, WeightType.Int8));
    }

    [Fact]
    public async Task Rows_are_used_where_the_file_is_mapped()
    {
        SkipWithoutOneDnn();
        string path = await QuantizeAsync(_weights.Save(), "int8.gguf");
        using WeightsFile file = WeightsFile.Open(path);
        using Transformer transformer = Transformer.Load(models.Engine, path);

        Assert.Equal(0, transformer.Memory.WeightBytes);
        Assert.Equal(file.TensorBytes, transformer.Memory.MappedBytes);
    }

    [Fact]
    public async Task A_file_says_what_it_holds()
    {
        using WeightsFile source = WeightsFile.Open(_weights.Save());
        using WeightsFile file = WeightsFile.Open(await QuantizeAsync(_weights.Save(), "int8.gguf"));

        Assert.Equal((ModelArchitecture.Chroma, source.ParameterCount), (file.Architecture, file.ParameterCount));
        Assert.Equal((64, 16), (file.Metadata[RotationKey].AsInteger(), file.Metadata[StrideKey].AsInteger()));
        Assert.Equal((WeightType.Int8, "I8", "[768, 256]", false), Facts(file.Find(Matrix)!));
        Assert.Equal((WeightType.F32, "F32", "[768]", true), Facts(file.Find(Scales)!));
        Assert.All(
            file.Tensors.Where(tensor => tensor.Type != WeightType.Int8 && !tensor.IsScale),
            tensor => Assert.Equal((source.Find(tensor.Name)!.Type, source.ReadBytes(tensor.Name).Length), (tensor.Type, file.ReadBytes(tensor.Name).Length)));
        Assert.Equal(WeightType.F32, file.Find("distilled_guidance_layer.layers.0.in_layer.weight")!.Type);
        Assert.All(["img_in.weight", "txt_in.weight", "final_layer.linear.weight"], name => Assert.Equal(WeightType.F32, file.Find(name)!.Type));
    }

    [Fact]
    public async Task A_file_of_another_type_becomes_the_same_rows_without_its_file_type()
    {
        string bf16 = await QuantizeAsync(_weights.Save(), "bf16.gguf", WeightType.BF16);
        using WeightsFile file = WeightsFile.Open(await QuantizeAsync(bf16, "int8.gguf"));

        Assert.Equal(WeightType.Int8, file.Find(Matrix)!.Type);
        Assert.DoesNotContain("general.file_type", file.Metadata.Keys);
        SkipWithoutOneDnn();
        Assert.Equal(Velocity(bf16, WeightType.Int8), Velocity(file.Path));
    }

    [Fact]
    public async Task Rows_are_copied_from_container_to_container()
    {
        string gguf = await QuantizeAsync(_weights.Save(), "int8.gguf"), safetensors = await QuantizeAsync(gguf, "copy.safetensors");
        using WeightsFile before = WeightsFile.Open(gguf), after = WeightsFile.Open(safetensors);

        Assert.Equal(before.Tensors.Select(tensor => (tensor.Name, tensor.Type)), after.Tensors.Select(tensor => (tensor.Name, tensor.Type)));
        Assert.All(before.Tensors, tensor => Assert.Equal(before.ReadBytes(tensor.Name), after.ReadBytes(tensor.Name)));
        Assert.Equal("64", after.Metadata[RotationKey].AsString());
    }

    [Fact]
    public async Task A_quantised_Approximator_does_not_become_int8_in_safetensors()
    {
        string q8 = _weights.PathOf("q8_0.gguf");
        await WeightsFile.QuantizeAsync(
            _weights.Save(), q8, new QuantizeOptions { Type = WeightType.Q8_0, IncludeApproximator = true }, cancellationToken: TestContext.Current.CancellationToken);
        using WeightsFile file = WeightsFile.Open(await QuantizeAsync(q8, "int8.safetensors"));

        Assert.Equal(WeightType.Int8, file.Find(Matrix)!.Type);
        Assert.Equal(WeightType.F32, file.Find("distilled_guidance_layer.layers.0.in_layer.weight")!.Type);
    }

    [Fact]
    public async Task The_text_encoder_has_a_file_too()
    {
        SkipWithoutOneDnn();
        using DummyWeights weights = DummyWeights.TextEncoder(hidden: 256, heads: 4, headSize: 64, feedForward: 512, vocabulary: 64).Randomize(6);
        string path = await QuantizeAsync(weights.Save(), "int8.gguf");
        float[] Encode(string file, WeightType type)
        {
            using TextEncoder encoder = TextEncoder.Load(models.Engine, file, new ModelLoadOptions { Type = type });
            return encoder.Encode(new[,] { { 3, 60, 17, 42, 8, 1 } }).Span.ToArray();
        }

        Assert.Equal(Encode(weights.Save(), WeightType.Int8), Encode(path, WeightType.Stored));
        using WeightsFile written = WeightsFile.Open(path);
        Assert.Equal(WeightType.F32, written.Find("shared.weight")!.Type); // looked up, not multiplied
    }

    [Fact]
    public async Task The_autoencoder_has_nothing_that_becomes_int8()
    {
        using WeightsFile file = WeightsFile.Open(await QuantizeAsync(StoredModels.AutoencoderPath, "int8.gguf"));

        Assert.DoesNotContain(file.Tensors, tensor => tensor.Type == WeightType.Int8 || tensor.IsScale);
        Assert.DoesNotContain(RotationKey, file.Metadata.Keys);
    }

    [Fact]
    public async Task Int8_rows_stay_int8()
    {
        string path = await QuantizeAsync(_weights.Save(), "int8.gguf"), output = _weights.PathOf("q8_0.gguf");

        foreach (WeightType type in (WeightType[])[WeightType.F32, WeightType.BF16, WeightType.Q8_0])
        {
            Refused(Assert.Throws<ChromaException>(() => Load(path, type)), ChromaErrorKind.Unsupported, path, "int8", type.ToName());
        }

        Refused(await Assert.ThrowsAsync<ChromaException>(() => QuantizeAsync(path, "q8_0.gguf", WeightType.Q8_0)), ChromaErrorKind.Unsupported, path, "int8", "q8_0");
        Assert.False(File.Exists(output));
    }

    [Fact]
    public async Task Ggmls_own_kernels_refuse_such_a_file_by_name()
    {
        string path = await QuantizeAsync(_weights.Save(), "int8.gguf");
        using ChromaEngine ggml = new(new ChromaEngineOptions { Device = "cpu", Kernels = CpuKernels.Ggml });

        Refused(Assert.Throws<ChromaException>(() => Transformer.Load(ggml, path)), ChromaErrorKind.Unsupported, path, Matrix, "oneDNN");
    }

    [Fact]
    public async Task Scales_that_are_missing_or_do_not_fit_are_named()
    {
        await RefusedAsync(file => file.Without(Scales), ChromaErrorKind.MissingTensor, Scales, "missing");
        await RefusedAsync(file => file.With(Scales, 0, [64], new byte[64 * 4]), ChromaErrorKind.TensorShape, Scales, "F32 of shape [64]", "[768]");
        await RefusedAsync(file => file.With(Scales, 0, [768, 1], new byte[768 * 4]), ChromaErrorKind.TensorShape, Scales, "[768, 1]");
        await RefusedAsync(file => file.With(Scales, F16, [768], new byte[768 * 2]), ChromaErrorKind.TensorShape, Scales, "F16");
    }

    [Fact]
    public async Task Rotations_of_another_kind_are_named()
    {
        await RefusedAsync(file => file with { Rotation = 32 }, ChromaErrorKind.Unsupported, RotationKey, "64");
        await RefusedAsync(file => file with { Rotation = null }, ChromaErrorKind.Unsupported, RotationKey, "64");
        await RefusedAsync(file => file with { Stride = 8 }, ChromaErrorKind.Unsupported, StrideKey, "16");
    }

    [Fact]
    public Task I8_of_another_program_is_none_of_these() =>
        RefusedAsync(file => file with { Rotation = null, Stride = null }, ChromaErrorKind.Unsupported, ".weight' as I8", "another program");

    [Fact]
    public async Task Rows_of_another_shape_are_named()
    {
        await RefusedAsync(file => file.With(Matrix, I8, [768, 128], new byte[768 * 128]), ChromaErrorKind.TensorShape, Matrix, "[768, 128]", "[768, 256]");
        await RefusedAsync(file => file.With(Matrix, I8, [1, 768, 256], new byte[768 * 256]), ChromaErrorKind.Unsupported, Matrix);
    }

    [Fact]
    public async Task A_name_that_the_scales_need_may_not_be_taken()
    {
        DoctoredFile source = DoctoredFile.Read(await QuantizeAsync(_weights.Save(), "f32.gguf", WeightType.F32));
        string path = source.With(Scales, 0, [768], new byte[768 * 4]).Save(_weights.PathOf("taken.gguf"));

        Refused(await Assert.ThrowsAsync<ChromaException>(() => QuantizeAsync(path, "int8.gguf")), ChromaErrorKind.Unsupported, path, Scales);
        Assert.False(File.Exists(_weights.PathOf("int8.gguf")));
    }

    [Fact]
    public async Task A_cut_file_is_refused_wherever_it_is_cut()
    {
        byte[] whole = await File.ReadAllBytesAsync(await QuantizeAsync(_weights.Save(), "int8.gguf"), TestContext.Current.CancellationToken);
        string path = _weights.PathOf("cut.gguf");
        foreach (int length in (int[])[whole.Length - 32, whole.Length / 2, whole.Length / 100, 100, 8])
        {
            await File.WriteAllBytesAsync(path, whole[..length], TestContext.Current.CancellationToken);
            Refused(Assert.Throws<ChromaException>(() => Load(path)), ChromaErrorKind.Format, path);
        }
    }

    public void Dispose() => _weights.Dispose();

    private static (WeightType Type, string StoredType, string Shape, bool IsScale) Facts(WeightsTensor tensor) =>
        (tensor.Type, tensor.StoredType, tensor.ShapeText, tensor.IsScale);

    private static void Refused(ChromaException refused, ChromaErrorKind kind, params string[] words)
    {
        Assert.Equal(kind, refused.Kind);
        Assert.All(words, word => Assert.Contains(word, refused.Message, StringComparison.Ordinal));
    }

    private void SkipWithoutOneDnn() =>
        Assert.SkipUnless(models.Engine.Description.Contains("oneDNN", StringComparison.Ordinal), "This native library has no oneDNN.");

    private async Task<string> QuantizeAsync(string source, string name, WeightType type = WeightType.Int8)
    {
        string path = _weights.PathOf(name);
        await WeightsFile.QuantizeAsync(source, path, new QuantizeOptions { Type = type }, cancellationToken: TestContext.Current.CancellationToken);
        return path;
    }

    private async Task RefusedAsync(Func<DoctoredFile, DoctoredFile> change, ChromaErrorKind kind, params string[] words)
    {
        SkipWithoutOneDnn();
        DoctoredFile sound = DoctoredFile.Read(await QuantizeAsync(_weights.Save(), "int8.gguf")) with { Rotation = 64, Stride = 16 };
        string path = change(sound).Save(_weights.PathOf("doctored.gguf"));

        Refused(Assert.Throws<ChromaException>(() => Load(path)), kind, [path, .. words]);
    }

    private void Load(string path, WeightType type = WeightType.Stored) =>
        Transformer.Load(models.Engine, path, new ModelLoadOptions { Type = type }).Dispose();

    private float[] Velocity(string path, WeightType type = WeightType.Stored)
    {
        using Transformer transformer = Transformer.Load(models.Engine, path, new ModelLoadOptions { Type = type });
        FloatTensor latent = new(1, 16, 8, 8), context = new(1, 6, 256);
        for (int i = 0; i < latent.Length; i++)
        {
            latent.Span[i] = MathF.Sin(i * 0.7f);
        }

        for (int i = 0; i < context.Length; i++)
        {
            context.Span[i] = MathF.Cos(i * 0.3f);
        }

        return transformer.Forward(latent, [0.5f], context).Span.ToArray();
    }

    /// <summary>A file's tensors, to be written with a change.</summary>
    private sealed record DoctoredFile(IReadOnlyList<(string Name, uint Type, int[] Shape, byte[] Bytes)> Tensors)
    {
        public uint? Rotation { get; init; }

        public uint? Stride { get; init; }

        public static DoctoredFile Read(string path)
        {
            using WeightsFile file = WeightsFile.Open(path);
            return new DoctoredFile([.. file.Tensors.Select(tensor => (
                tensor.Name, tensor.Type == WeightType.Int8 ? I8 : GgufWriter.F32,
                tensor.Shape.Select(length => (int)length).ToArray(), file.ReadBytes(tensor.Name)))]);
        }

        public DoctoredFile Without(string name) => this with { Tensors = [.. Tensors.Where(tensor => tensor.Name != name)] };

        public DoctoredFile With(string name, uint type, int[] shape, byte[] bytes) =>
            this with { Tensors = [.. Without(name).Tensors, (name, type, shape, bytes)] };

        public string Save(string path)
        {
            GgufWriter writer = new();
            if (Rotation is { } rotation)
            {
                writer.Add(RotationKey, rotation);
            }

            if (Stride is { } stride)
            {
                writer.Add(StrideKey, stride);
            }

            foreach ((string name, uint type, int[] shape, byte[] bytes) in Tensors)
            {
                writer.AddTensor(name, type, bytes, shape);
            }

            File.WriteAllBytes(path, writer.ToArray());
            return path;
        }
    }
}
