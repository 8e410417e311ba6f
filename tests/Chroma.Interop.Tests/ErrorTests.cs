using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Interop.Tests;

public sealed class ErrorTests(EngineFixture fixture) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_status_becomes_an_exception_of_its_kind()
    {
        foreach (chroma_status status in Enum.GetValues<chroma_status>())
        {
            switch (status)
            {
                case chroma_status.CHROMA_OK:
                    status.ThrowIfFailed();
                    break;
                case chroma_status.CHROMA_ERROR_ABORTED:
                    Assert.Throws<OperationCanceledException>(() => status.ThrowIfFailed());
                    break;
                default:
                    ChromaException error = Assert.Throws<ChromaException>(() => status.ThrowIfFailed());
                    Assert.Equal(status, error.Status);
                    Assert.Equal(status.ToString()["CHROMA_ERROR_".Length..].Replace("_", "", StringComparison.Ordinal), error.Kind.ToString(), ignoreCase: true);
                    break;
            }
        }

        Assert.Equal(Enum.GetValues<chroma_status>().Length - 1, Enum.GetValues<ChromaErrorKind>().Length);
    }

    [Fact]
    public void A_device_that_is_not_there_is_named_with_those_that_are()
    {
        ChromaException error = Assert.Throws<ChromaException>(() => new ChromaEngine(new ChromaEngineOptions { Device = "Abacus7" }));

        Assert.Equal(ChromaErrorKind.InvalidArgument, error.Kind);
        Assert.Contains("'Abacus7'", error.Message, StringComparison.Ordinal);
        Assert.Contains("CPU", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_that_is_not_there_is_named()
    {
        ChromaException error = Assert.Throws<ChromaException>(
            () => fixture.Engine.RunFunction("squash", new Dictionary<string, FloatTensor> { ["x"] = new(1) }));

        Assert.Equal(ChromaErrorKind.InvalidArgument, error.Kind);
        Assert.Contains("'squash'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_module_that_is_not_there_is_named()
    {
        using Transformer transformer = TinyModels.LoadTransformer(fixture.Engine);

        ChromaException error = Assert.Throws<ChromaException>(
            () => transformer.RunModule("double_blocks.2", new Dictionary<string, FloatTensor> { ["x"] = new(1) }));

        Assert.Equal(ChromaErrorKind.InvalidArgument, error.Kind);
        Assert.Contains("double_blocks.2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_an_io_error() =>
        Expect(ChromaErrorKind.Io, _folder.File("nowhere.gguf"), () => Transformer.Load(fixture.Engine, _folder.File("nowhere.gguf")));

    [Fact]
    public void An_empty_folder_is_no_model() =>
        Assert.Contains(_folder.Path, Assert.Throws<ChromaException>(() => Transformer.Load(fixture.Engine, _folder.Path)).Message, StringComparison.Ordinal);

    [Fact]
    public void An_empty_file_is_of_no_format() =>
        Expect(ChromaErrorKind.Format, _folder.Write("empty.gguf", []), () => Transformer.Load(fixture.Engine, _folder.File("empty.gguf")));

    [Fact]
    public void A_file_of_something_else_is_of_no_format() =>
        Expect(ChromaErrorKind.Format, _folder.Write("a.safetensors", "\x89PNG\r\n\x1a\n and so on and on and on"u8), () => Transformer.Load(fixture.Engine, _folder.File("a.safetensors")));

    [Fact]
    public void Each_model_refuses_the_files_of_the_others()
    {
        string transformer = TinyModels.TransformerPath, text = TinyModels.TextEncoderPath, autoencoder = TinyModels.AutoencoderPath;

        Expect(ChromaErrorKind.WrongModel, text, () => Transformer.Load(fixture.Engine, text));
        Expect(ChromaErrorKind.WrongModel, autoencoder, () => Transformer.Load(fixture.Engine, autoencoder));
        Expect(ChromaErrorKind.WrongModel, transformer, () => TextEncoder.Load(fixture.Engine, transformer));
        Expect(ChromaErrorKind.WrongModel, autoencoder, () => TextEncoder.Load(fixture.Engine, autoencoder));
        Expect(ChromaErrorKind.WrongModel, transformer, () => Autoencoder.Load(fixture.Engine, transformer));
        Expect(ChromaErrorKind.WrongModel, text, () => Autoencoder.Load(fixture.Engine, text));
    }

    [Fact]
    public async Task Each_model_refuses_the_files_of_the_others_as_gguf_too()
    {
        string gguf = _folder.File("some.gguf");
        QuantizeOptions options = new() { Type = WeightType.F16 };

        await WeightsFile.QuantizeAsync(TinyModels.TextEncoderPath, gguf, options);
        Expect(ChromaErrorKind.WrongModel, gguf, () => Transformer.Load(fixture.Engine, gguf));
        Expect(ChromaErrorKind.WrongModel, gguf, () => Autoencoder.Load(fixture.Engine, gguf));
        await WeightsFile.QuantizeAsync(TinyModels.TransformerPath, gguf, options);
        Expect(ChromaErrorKind.WrongModel, gguf, () => TextEncoder.Load(fixture.Engine, gguf));
    }

    [Fact]
    public void A_FLUX_model_is_recognised()
    {
        Change(tensors =>
        {
            foreach (string name in tensors.Keys.Where(name => name.StartsWith("distilled_guidance_layer", StringComparison.Ordinal)).ToArray())
            {
                tensors.Remove(name);
            }

            tensors["guidance_in.in_layer.weight"] = new FloatTensor(64, 256);
            tensors["double_blocks.0.img_mod.lin.weight"] = new FloatTensor(384, 64);
        });

        ChromaException error = Expect(ChromaErrorKind.WrongModel, Changed, () => Transformer.Load(fixture.Engine, Changed));
        Assert.Contains("FLUX", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_that_is_missing_is_named()
    {
        Change(tensors => tensors.Remove("single_blocks.1.linear2.weight"));

        ChromaException error = Expect(ChromaErrorKind.MissingTensor, Changed, Load);
        Assert.Contains("single_blocks.1.linear2.weight", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_of_another_shape_is_named_with_both_shapes()
    {
        Change(tensors => tensors["double_blocks.1.txt_mlp.2.weight"] = new FloatTensor(64, 255));

        ChromaException error = Expect(ChromaErrorKind.TensorShape, Changed, Load);
        Assert.Contains("double_blocks.1.txt_mlp.2.weight", error.Message, StringComparison.Ordinal);
        Assert.Contains("[64, 255]", error.Message, StringComparison.Ordinal);
        Assert.Contains("[64, 256]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rope_axes_that_do_not_fit_the_head_are_refused()
    {
        ChromaException error = Assert.Throws<ChromaException>(
            () => Transformer.Load(fixture.Engine, TinyModels.TransformerPath, new ModelLoadOptions { RopeAxes = RopeAxes.Chroma1 }));

        Assert.Contains("32", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Paths_need_not_be_ascii()
    {
        string folder = Directory.CreateDirectory(_folder.File("Modèle de diffusion ✓ 色彩")).FullName;
        string path = Path.Combine(folder, "Ünïcödé – 変圧器 🎨.safetensors");
        File.Copy(TinyModels.TransformerPath, path);

        using Transformer transformer = Transformer.Load(fixture.Engine, path, TinyModels.TransformerOptions);
        new TransformerCase().RunAndCheck(transformer);

        string missing = Path.Combine(folder, "ничего.gguf");
        Expect(ChromaErrorKind.Io, missing, () => Transformer.Load(fixture.Engine, missing));
    }

    private string Changed => _folder.File("changed.safetensors");

    // Every message is one sentence that names the file.
    private static ChromaException Expect(ChromaErrorKind kind, string path, Action action)
    {
        ChromaException error = Assert.Throws<ChromaException>(action);
        Assert.True(kind == error.Kind, $"{error.Kind} instead of {kind}: {error.Message}");
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.True(error.Message[^1] is '.' or '?', error.Message);
        Assert.DoesNotContain("\n", error.Message, StringComparison.Ordinal);
        return error;
    }

    private void Load() => Transformer.Load(fixture.Engine, Changed, TinyModels.TransformerOptions);

    private void Change(Action<Dictionary<string, FloatTensor>> change)
    {
        using SafetensorsFile file = SafetensorsFile.Open(TinyModels.TransformerPath);
        Dictionary<string, FloatTensor> tensors = file.Tensors.ToDictionary(tensor => tensor.Name, tensor => file.ReadFloats(tensor.Name));
        change(tensors);
        SafetensorsWriter.Save(Changed, tensors);
    }
}
