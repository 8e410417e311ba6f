using Chroma.Imaging;
using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Pipeline;

/// <summary>What a pipeline makes of the files that it is given.</summary>
public sealed class FileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(MemoryMode.KeepLoaded)]
    [InlineData(MemoryMode.OneAtATime)]
    public async Task A_tokenizer_with_more_ids_than_the_embedding_has_rows_is_refused_at_load(MemoryMode memory)
    {
        string encoder = _folder.File("few-rows.safetensors");
        using (SafetensorsFile file = SafetensorsFile.Open(TinyModel.Files.TextEncoder))
        {
            SafetensorsWriter writer = new();
            foreach (SafetensorsTensor stored in file.Tensors)
            {
                FloatTensor values = file.ReadFloats(stored.Name);
                writer.Add(stored.Name, stored.Name == "shared.weight" ? new FloatTensor(values.Span[..(100 * 40)].ToArray(), 100, 40) : values);
            }

            writer.Save(encoder);
        }

        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(
            () => ChromaPipeline.LoadAsync(TinyModel.Files with { TextEncoder = encoder }, TinyModel.Options with { Memory = memory }));

        Assert.Contains("few-rows.safetensors", error.Message, StringComparison.Ordinal);
        Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
        Assert.Contains("100 rows", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MemoryMode.KeepLoaded)]
    [InlineData(MemoryMode.OneAtATime)]
    public async Task Parts_of_different_models_are_refused_at_load(MemoryMode memory)
    {
        string encoder = _folder.File("wide.safetensors");
        using (SafetensorsFile file = SafetensorsFile.Open(TinyModel.Files.TextEncoder))
        {
            // A T5 of 80 channels: every matrix that has its 40 on either side is written twice.
            SafetensorsWriter writer = new();
            foreach (SafetensorsTensor stored in file.Tensors)
            {
                int[] shape = [.. stored.Shape.Select(length => length == 40 ? 80 : (int)length)];
                writer.Add(stored.Name, new FloatTensor(shape));
            }

            writer.Save(encoder);
        }

        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(
            () => ChromaPipeline.LoadAsync(TinyModel.Files with { TextEncoder = encoder }, TinyModel.Options with { Memory = memory }));

        Assert.Contains("80 channels", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Relative_paths_are_those_of_the_moment_of_the_load()
    {
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, Golden.Folder);
        ChromaModelFiles files = new()
        {
            Transformer = Path.Combine(relative, "open", "chroma.safetensors"),
            TextEncoder = Path.Combine(relative, "open", "t5.safetensors"),
            Autoencoder = Path.Combine(relative, "open", "ae.safetensors"),
            Tokenizer = Path.Combine(relative, "tiny_tokenizer"),
        };

        using ChromaPipeline pipeline = await ChromaPipeline.LoadAsync(files, TinyModel.Options with { Memory = MemoryMode.OneAtATime });

        Assert.All(
            [pipeline.Files.Transformer, pipeline.Files.TextEncoder, pipeline.Files.Autoencoder, pipeline.Files.Tokenizer!],
            path => Assert.Equal(Path.GetFullPath(path), path));
        Assert.True(Path.IsPathFullyQualified(pipeline.Files.Transformer));
        Assert.Equal("chroma", pipeline.Files.Name);
        Assert.Single(await pipeline.GenerateAsync("a", TinyModel.Quick));
    }
}
