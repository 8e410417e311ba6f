using Chroma.Imaging;
using Chroma.Models;
using Chroma.Surroundings.Tests.Support;
using Chroma.Tensors;
using Chroma.Testing;
using Chroma.Tokenization;
using Xunit;

namespace Chroma.Surroundings.Tests.Inputs;

/// <summary>Pipes, devices and folders where a file is expected, and files that change while they are read.</summary>
public sealed class EndlessInputTests : IDisposable
{
    private static readonly string _tokenizer = Golden.PathOf("tiny_tokenizer/spiece.model");

    private readonly TemporaryFolder _folder = new();
    private readonly string _pipe;

    public EndlessInputTests()
    {
        Unix.Require();
        _pipe = _folder.File("pipe");
        Unix.Run("mkfifo", _pipe);
    }

    public static TheoryData<string> Readers => ["safetensors", "picture", "parameters", "tokenizer", "weights", "model"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Readers))]
    public async Task A_pipe_is_refused(string reader)
    {
        string message = await Refusal(reader, _pipe);

        Assert.Contains(_pipe, message, StringComparison.Ordinal);
        Assert.Contains("not a regular file", message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Readers))]
    public async Task A_device_is_refused(string reader) =>
        Assert.Contains("not a regular file", await Refusal(reader, "/dev/zero"), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Readers))]
    public async Task A_link_to_a_pipe_is_refused(string reader)
    {
        string link = _folder.File("link");
        File.CreateSymbolicLink(link, "pipe");

        Assert.Contains("not a regular file", await Refusal(reader, link), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chroma.json")]
    [InlineData("tokenizer.json")]
    [InlineData("spiece.model")]
    public async Task A_pipe_in_a_models_folder_is_refused_and_named(string name)
    {
        string folder = Directory.CreateDirectory(_folder.File("model")).FullName;
        Array.ForEach(Directory.GetFiles(ChromaNano.Folder), file => File.Copy(file, Path.Combine(folder, Path.GetFileName(file))));
        File.Delete(Path.Combine(folder, name));
        Unix.Run("mkfifo", Path.Combine(folder, name));

        string message = await Refusal("folder", folder);

        Assert.Contains(name, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verbs_refuse_pipes()
    {
        (await Run("compare", _pipe, _pipe)).Ends(1, _pipe, "regular");
        (await Run("inspect", _pipe)).Ends(1, _pipe, "regular");
        (await Run("quantize", _pipe, "o.gguf", "--type", "f16")).Ends(1, _pipe, "regular");
        (await Run("sample", "--sampler", "euler", "--sigmas", "1,0", "--inputs", _pipe, "--output", "o.safetensors")).Ends(1, _pipe, "regular");
        (await Run("tokenize", "--tokenizer", _pipe, "--input", _pipe)).Ends(1, _pipe, "regular");
    }

    [Fact]
    public async Task Lines_of_text_may_come_out_of_a_pipe()
    {
        Task writing = Task.Run(() => File.WriteAllText(_pipe, "{\"text\": \"a\"}\n{\"text\": \"b\"}"));

        ChromaResult run = (await Run("tokenize", "--tokenizer", _tokenizer, "--input", _pipe)).Fine();

        await writing;
        Assert.Equal(2, run.Output.TrimEnd('\n').Split('\n').Length);
    }

    [Theory]
    [InlineData("--input /dev/zero", "'/dev/zero'")]
    [InlineData("< /dev/zero", "standard input")]
    public async Task A_line_that_does_not_end_is_refused(string input, string name) =>
        (await ChromaProcess.ShellAsync(_folder.Path, $"chroma tokenize --tokenizer '{_tokenizer}' {input}")).Ends(1, "Line 1", name);

    [Theory]
    [InlineData("<&-", "standard input", "closed")]
    [InlineData("< .", "standard input", "directory")]
    [InlineData("--input .", "'.'", "folder")]
    [InlineData("--input none", "'none'", "no such file")]
    public async Task Lines_that_cannot_be_read_are_named(string input, string name, string reason) =>
        (await ChromaProcess.ShellAsync(_folder.Path, $"chroma tokenize --tokenizer '{_tokenizer}' {input}")).Ends(1, name, reason);

    [Fact]
    public void A_file_that_becomes_shorter_is_an_error_of_the_call()
    {
        string path = _folder.File("x.safetensors");
        SafetensorsWriter.Save(path, new Dictionary<string, FloatTensor> { ["x"] = new(100_000) });
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Unix.Run("truncate", "-s", "5000", path);

        Assert.Contains(path, Assert.Throws<SafetensorsException>(() => file.ReadFloats("x")).Message, StringComparison.Ordinal);
    }

    private Task<ChromaResult> Run(params string[] args) => ChromaProcess.RunInAsync(_folder.Path, args);

    /// <summary>What a reader says. One that waits for a pipe would never say anything.</summary>
    private static async Task<string> Refusal(string reader, string path)
    {
        Task<string> refusal = Task.Run(() => Assert.ThrowsAny<Exception>(() => Read(reader, path)).Message);
        return await refusal.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private static void Read(string reader, string path)
    {
        switch (reader)
        {
            case "safetensors":
                SafetensorsFile.Open(path).Dispose();
                break;
            case "picture":
                ChromaImage.Load(path);
                break;
            case "parameters":
                ChromaImage.ReadParameters(path);
                break;
            case "tokenizer":
                T5Tokenizer.Load(path);
                break;
            case "weights":
                WeightsFile.Open(path).Dispose();
                break;
            case "folder":
                ChromaPipeline.LoadAsync(path).GetAwaiter().GetResult().Dispose();
                break;
            default:
                ChromaModelFiles files = new() { Transformer = path, TextEncoder = path, Autoencoder = path, Tokenizer = path };
                ChromaPipeline.LoadAsync(files).GetAwaiter().GetResult().Dispose();
                break;
        }
    }
}
