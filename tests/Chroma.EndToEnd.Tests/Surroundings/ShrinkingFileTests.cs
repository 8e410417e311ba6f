using Chroma.Models;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Surroundings;

/// <summary>
/// Model files that become shorter, or other ones, while they are mapped: an error of the calls that read them. That this process reaches the end of
/// a test is half of what is tested.
/// </summary>
public sealed class ShrinkingFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Ways in which a file stops being what it was when it was opened.</summary>
    public static TheoryData<string, string> Changes => new()
    {
        { "truncated to nothing", "became shorter" },
        { "truncated by half", "became shorter" },
        { "one byte shorter", "became shorter" }, // within the last page, where the system reads zeros
        { "copied over by a shorter file", "became shorter" },
        { "copied over by another file", "was changed" },
        { "one byte overwritten", "was changed" },
        { "one byte longer", "was changed" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_pipeline_whose_transformer_changes_fails_by_its_name_and_others_draw_on(string change, string said)
    {
        string path = Copy(TinyModel.Files.Transformer);
        using ChromaPipeline pipeline = await LoadAsync(TinyModel.Files with { Transformer = path }), other = await TinyModel.LoadAsync();
        await pipeline.GenerateAsync("a", TinyModel.Quick);

        Change(path, change);

        for (int attempt = 0; attempt < 2; attempt++)
        {
            ChromaException error = await Assert.ThrowsAsync<ChromaException>(() => pipeline.GenerateAsync("a", TinyModel.Quick));
            Assert.Equal(ChromaErrorKind.Io, error.Kind);
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
            Assert.Contains(said, error.Message, StringComparison.Ordinal);
        }

        await other.GenerateAsync("a", TinyModel.Quick);
    }

    [Theory]
    [InlineData("transformer")]
    [InlineData("text encoder")]
    [InlineData("autoencoder")]
    public async Task A_part_that_shrinks_while_a_picture_is_drawn_ends_that_picture(string part)
    {
        string path = Copy(part switch
        {
            "transformer" => TinyModel.Files.Transformer,
            "text encoder" => TinyModel.Files.TextEncoder,
            _ => TinyModel.Files.Autoencoder,
        });
        ChromaModelFiles files = part switch
        {
            "transformer" => TinyModel.Files with { Transformer = path },
            "text encoder" => TinyModel.Files with { TextEncoder = path },
            _ => TinyModel.Files with { Autoencoder = path },
        };
        using ChromaPipeline pipeline = await LoadAsync(files), other = await TinyModel.LoadAsync();
        if (part == "text encoder")
        {
            Change(path, "truncated to nothing");
        }

        Task drawing = pipeline.GenerateAsync(
            "a", TinyModel.Quick, new ImmediateProgress<GenerationProgress>(progress => Change(path, "truncated to nothing")));

        ChromaException error = await Assert.ThrowsAsync<ChromaException>(() => drawing);
        Assert.Equal(ChromaErrorKind.Io, error.Kind);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        await other.GenerateAsync("a", TinyModel.Quick);
    }

    [Fact]
    public async Task A_file_that_is_replaced_by_rename_or_removed_does_no_harm()
    {
        string path = Copy(TinyModel.Files.Transformer), another = Copy(TinyModel.Files.TextEncoder);
        using ChromaPipeline pipeline = await LoadAsync(TinyModel.Files with { Transformer = path });
        byte[] before = (await pipeline.GenerateAsync("a", TinyModel.Quick))[0].Pixels.ToArray();

        File.Move(another, path, overwrite: true);
        Assert.Equal(before, (await pipeline.GenerateAsync("a", TinyModel.Quick))[0].Pixels.ToArray());
        File.Delete(path);
        Assert.Equal(before, (await pipeline.GenerateAsync("a", TinyModel.Quick))[0].Pixels.ToArray());
    }

    [Fact]
    public void An_open_file_says_so_at_every_read()
    {
        string path = Copy(TinyModel.Files.Transformer);
        using WeightsFile file = WeightsFile.Open(path);
        string tensor = file.Tensors[^1].Name;
        _ = file.ReadBytes(tensor);

        Change(path, "truncated to nothing");

        Assert.Contains("became shorter", Assert.Throws<ChromaException>(() => file.Read(tensor)).Message, StringComparison.Ordinal);
        Assert.Contains("became shorter", Assert.Throws<ChromaException>(() => file.ReadBytes(tensor)).Message, StringComparison.Ordinal);
        Assert.Equal(tensor, file.Find(tensor)!.Name); // what the header says was read at the start
    }

    [Fact]
    public async Task A_conversion_whose_input_shrinks_leaves_no_output()
    {
        string path = Copy(TinyModel.Files.Transformer), output = _folder.File("out.gguf");
        Task conversion = WeightsFile.QuantizeAsync(
            path,
            output,
            new QuantizeOptions { Type = WeightType.Q8_0 },
            new ImmediateProgress<LoadProgress>(_ => Change(path, "truncated to nothing")),
            TestContext.Current.CancellationToken);

        ChromaException error = await Assert.ThrowsAsync<ChromaException>(() => conversion);

        Assert.Equal(ChromaErrorKind.Io, error.Kind);
        Assert.Contains("became shorter", error.Message, StringComparison.Ordinal);
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    private static Task<ChromaPipeline> LoadAsync(ChromaModelFiles files) => ChromaPipeline.LoadAsync(files, TinyModel.Options);

    // Written long ago, so that the clock of the file system tells a change, however coarse it is.
    private string Copy(string from)
    {
        string path = _folder.File(Path.GetFileName(from));
        File.Copy(from, path, overwrite: true);
        File.SetLastWriteTimeUtc(path, new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        return path;
    }

    private static void Change(string path, string change)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        switch (change)
        {
            case "truncated to nothing":
                file.SetLength(0);
                break;
            case "truncated by half":
                file.SetLength(file.Length / 2);
                break;
            case "one byte shorter":
                file.SetLength(file.Length - 1);
                break;
            case "copied over by a shorter file":
                CopyOver(file, new byte[1000]);
                break;
            case "copied over by another file":
                CopyOver(file, new byte[file.Length + 12345]);
                break;
            case "one byte overwritten":
                file.Seek(-1, SeekOrigin.End);
                file.WriteByte(0x3c);
                break;
            case "one byte longer":
                file.SetLength(file.Length + 1);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(change), change, "There is no such change.");
        }
    }

    // As cp does it.
    private static void CopyOver(FileStream file, byte[] bytes)
    {
        file.SetLength(0);
        file.Write(bytes);
    }
}
