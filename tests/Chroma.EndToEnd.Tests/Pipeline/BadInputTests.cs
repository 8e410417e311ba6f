using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Pipeline;

public sealed class BadInputTests
{
    public static TheoryData<GenerationOptions, string> ImpossibleOptions => new()
    {
        { TinyModel.Quick with { Width = 0 }, "width" },
        { TinyModel.Quick with { Width = 15 }, "width" },
        { TinyModel.Quick with { Width = 4096, Height = 4096 }, "tokens" },
        { TinyModel.Quick with { Height = 1 << 20 }, "height" },
        { TinyModel.Quick with { Steps = 0 }, "Steps" },
        { TinyModel.Quick with { Count = 0 }, "Count" },
        { TinyModel.Quick with { Guidance = float.NaN }, "guidance" },
        { TinyModel.Quick with { Guidance = -1 }, "guidance" },
        { TinyModel.Quick with { PaddingTokens = -1 }, "PaddingTokens" },
        { TinyModel.Quick with { Schedule = new Scheduling.SchedulerOptions { Shift = -3 } }, "shift" },
    };

    [Theory]
    [MemberData(nameof(ImpossibleOptions))]
    public async Task An_impossible_option_is_refused_by_name_before_anything_runs(GenerationOptions options, string named)
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();

        ArgumentException error = await Assert.ThrowsAnyAsync<ArgumentException>(() => pipeline.GenerateAsync("a", options));

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_without_prompts_is_refused()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();

        await Assert.ThrowsAsync<ArgumentException>(() => pipeline.GenerateAsync([], TinyModel.Quick));
    }

    [Fact]
    public async Task A_missing_folder_and_a_folder_without_a_part_are_named()
    {
        DirectoryNotFoundException missing = await Assert.ThrowsAsync<DirectoryNotFoundException>(() => ChromaPipeline.LoadAsync("no/such/folder"));
        Assert.Contains("no/such/folder", missing.Message, StringComparison.Ordinal);

        string folder = Directory.CreateTempSubdirectory().FullName;
        File.Copy(TinyModel.Files.Transformer, Path.Combine(folder, "chroma.safetensors"));
        try
        {
            FileNotFoundException partly = await Assert.ThrowsAsync<FileNotFoundException>(() => ChromaPipeline.LoadAsync(folder));
            Assert.Contains("T5 encoder", partly.Message, StringComparison.Ordinal);
            Assert.Contains("chroma.safetensors", partly.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_folder_is_taken_apart_by_what_its_files_are()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            File.Copy(TinyModel.Files.Transformer, Path.Combine(folder, "b.safetensors"));
            File.Copy(TinyModel.Files.TextEncoder, Path.Combine(folder, "a.safetensors"));
            File.Copy(TinyModel.Files.Autoencoder, Path.Combine(folder, "c.safetensors"));
            File.Copy(TinyModel.Files.Tokenizer!, Path.Combine(folder, "tokenizer.json"));
            await File.WriteAllTextAsync(Path.Combine(folder, "chroma.json"), """{ "width": 64, "height": 32, "steps": 2, "sampler": "heun", "shift": 1.5 }""");

            using ChromaPipeline pipeline = await ChromaPipeline.LoadAsync(folder, TinyModel.Options);

            Assert.Equal("b", pipeline.Files.Name);
            Assert.Equal((64, 32, 2, "heun", 1.5), (pipeline.DefaultOptions.Width, pipeline.DefaultOptions.Height, pipeline.DefaultOptions.Steps,
                pipeline.DefaultOptions.Sampler.Name, pipeline.DefaultOptions.Schedule!.Shift));
            Assert.Equal(64, (await pipeline.GenerateAsync("a"))[0].Width);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("""{ "sampler": "no such" }""", "no such")]
    [InlineData("""{ "width": 3 }""", "width")]
    [InlineData("""{ "steps": "many" }""", "'steps' must be a whole number")]
    [InlineData("""{ "steps": 2.5 }""", "'steps' must be a whole number")]
    [InlineData("""{ "guidance": "2,5" }""", "'guidance' must be a number such as 2.5")]
    [InlineData("""{ "shift": "3" }""", "'shift' must be a number such as 2.5")]
    [InlineData("""{ "guidance": 2,5 }""", "chroma.json")]
    [InlineData("""{ "sampler": 5 }""", "'sampler' must be a name")]
    [InlineData("""{ "guidance": 1e99 }""", "guidance")]
    [InlineData("nonsense", "chroma.json")]
    public async Task A_damaged_description_of_a_model_is_named(string json, string named)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            File.Copy(TinyModel.Files.Transformer, Path.Combine(folder, "b.safetensors"));
            File.Copy(TinyModel.Files.TextEncoder, Path.Combine(folder, "a.safetensors"));
            File.Copy(TinyModel.Files.Autoencoder, Path.Combine(folder, "c.safetensors"));
            await File.WriteAllTextAsync(Path.Combine(folder, "chroma.json"), json);

            InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(() => ChromaPipeline.LoadAsync(folder, TinyModel.Options));

            Assert.Contains(named, error.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Files_given_for_the_wrong_part_are_told_apart()
    {
        ChromaException swapped = await Assert.ThrowsAsync<ChromaException>(() => ChromaPipeline.LoadAsync(
            TinyModel.Files with { Transformer = TinyModel.Files.TextEncoder }, TinyModel.Options));
        Assert.Contains("t5.safetensors", swapped.Message, StringComparison.Ordinal);

        FileNotFoundException noTokenizer = await Assert.ThrowsAsync<FileNotFoundException>(() => ChromaPipeline.LoadAsync(
            TinyModel.Files with { Tokenizer = null }, TinyModel.Options));
        Assert.Contains("tokenizer", noTokenizer.Message, StringComparison.Ordinal);
    }
}
