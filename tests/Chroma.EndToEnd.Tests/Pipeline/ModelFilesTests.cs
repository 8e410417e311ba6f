using Chroma.Imaging;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Pipeline;

/// <summary>Pipelines from files in every form in which people have them.</summary>
public sealed class ModelFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_all_in_one_file_draws_what_its_parts_draw()
    {
        string file = WriteAllInOne();
        ChromaModelFiles named = new() { Transformer = file, TextEncoder = file, Autoencoder = file, Tokenizer = TinyModel.Files.Tokenizer };
        byte[] expected = await Draw(TinyModel.Files);

        Assert.Equal(expected, await Draw(named));
        Assert.Equal(expected, await Draw(named with { TextEncoder = TinyModel.Files.TextEncoder }));
        Assert.Equal(expected, await Draw(TinyModel.Files with { Autoencoder = file }));

        File.Copy(TinyModel.Files.Tokenizer!, _folder.File("tokenizer.json"));
        Assert.Equal(expected, await Draw(ChromaModelFiles.FromFolder(_folder.Path)));
    }

    [Fact]
    public async Task An_all_in_one_file_needs_a_tokenizer_from_elsewhere()
    {
        string file = WriteAllInOne();

        foreach (ChromaModelFiles files in (ChromaModelFiles[])[
            new() { Transformer = file, TextEncoder = file, Autoencoder = file }, ChromaModelFiles.FromFolder(_folder.Path)])
        {
            FileNotFoundException error = await Assert.ThrowsAsync<FileNotFoundException>(() => ChromaPipeline.LoadAsync(files, TinyModel.Options));
            Assert.Contains(file, error.Message, StringComparison.Ordinal);
            Assert.Contains("carries no tokenizer", error.Message, StringComparison.Ordinal);
            Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("T5.GGUF")]
    [InlineData("without_an_ending")]
    [InlineData("t5.safetensors")]
    public async Task The_tokenizer_of_a_T5_gguf_is_found_whatever_it_is_called(string name)
    {
        ChromaModelFiles nano = ChromaModelFiles.FromFolder(ChromaNano.Folder);
        File.Copy(nano.TextEncoder, _folder.File(name));

        foreach (string textEncoder in (string[])[_folder.File(name), _folder.Path])
        {
            using ChromaPipeline pipeline = await ChromaPipeline.LoadAsync(nano with { TextEncoder = textEncoder });
            Assert.Equal(T5TokenizerIds(nano.TextEncoder), pipeline.Tokenizer.Encode("a red circle"));
        }
    }

    [Fact]
    public async Task Files_that_are_missing_cannot_be_opened()
    {
        foreach (string ending in (string[])[".gguf", ".safetensors", ""])
        {
            string missing = _folder.File("missing" + ending);
            foreach (ChromaModelFiles files in (ChromaModelFiles[])[
                TinyModel.Files with { Transformer = missing },
                TinyModel.Files with { TextEncoder = missing },
                TinyModel.Files with { TextEncoder = missing, Tokenizer = null },
                TinyModel.Files with { Autoencoder = missing },
                TinyModel.Files with { Tokenizer = missing },
                new() { Transformer = missing, TextEncoder = missing, Autoencoder = missing }])
            {
                Exception error = await Assert.ThrowsAnyAsync<Exception>(() => ChromaPipeline.LoadAsync(files, TinyModel.Options));
                Assert.StartsWith("Can't open", error.Message, StringComparison.Ordinal);
                Assert.Contains($"'{missing}'", error.Message, StringComparison.Ordinal);
            }
        }
    }

    private static int[] T5TokenizerIds(string path) => Tokenization.T5Tokenizer.Load(path).Encode("a red circle");

    private static async Task<byte[]> Draw(ChromaModelFiles files)
    {
        using ChromaPipeline pipeline = await ChromaPipeline.LoadAsync(files, TinyModel.Options);
        ChromaImage image = (await pipeline.GenerateAsync("a", TinyModel.Quick))[0];
        return image.Pixels.ToArray();
    }

    private static IEnumerable<KeyValuePair<string, FloatTensor>> Prefixed(string path, string prefix) =>
        TinyModels.ReadTensors(path).Select(tensor => KeyValuePair.Create(prefix + tensor.Key, tensor.Value));

    private string WriteAllInOne() => TinyModels.WriteTensors(_folder.File("all.safetensors"), [
        .. Prefixed(TinyModels.TransformerPath, "model.diffusion_model."),
        .. Prefixed(TinyModels.TextEncoderPath, "text_encoders.t5xxl.transformer."),
        .. Prefixed(TinyModels.AutoencoderPath, "vae."),
    ]);
}
