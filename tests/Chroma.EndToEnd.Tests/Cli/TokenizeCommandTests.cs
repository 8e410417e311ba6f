using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Cli;

/// <summary><c>chroma tokenize</c> takes a tokenizer in every form that <c>chroma generate</c> takes.</summary>
public sealed class TokenizeCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static string NanoTextEncoder => Path.Combine(ChromaNano.Folder, "chroma-nano-t5.gguf");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_T5_gguf_is_a_tokenizer_whatever_it_is_called()
    {
        string expected = await Ids(NanoTextEncoder);
        Assert.Matches(@"^\[\d+(, \d+)*, 1\]\n$", expected);
        foreach (string name in (string[])["T5.GGUF", "blob", "t5.safetensors", "tokenizer.json"])
        {
            File.Copy(NanoTextEncoder, _folder.File(name));

            Assert.Equal(expected, await Ids(_folder.File(name)));
            Assert.Equal(expected, await Ids(_folder.Path));
            File.Delete(_folder.File(name));
        }

        Assert.Equal(expected, await Ids(ChromaNano.Folder));
    }

    [Fact]
    public async Task A_tokenizer_file_and_its_folder_are_the_same()
    {
        string expected = await Ids(Golden.PathOf("tiny_tokenizer/tokenizer.json"));

        Assert.Equal(expected, await Ids(Golden.PathOf("tiny_tokenizer/spiece.model")));
        Assert.Equal(expected, await Ids(Path.GetDirectoryName(Golden.PathOf("tiny_tokenizer/spiece.model"))!));
        Directory.CreateDirectory(_folder.File("tokenizer"));
        File.Copy(Golden.PathOf("tiny_tokenizer/tokenizer.json"), Path.Combine(_folder.File("tokenizer"), "tokenizer.json"));
        Assert.Equal(expected, await Ids(_folder.Path));
    }

    [Fact]
    public async Task What_is_none_is_named()
    {
        string input = _folder.Write("in.jsonl", """{"text": "a cat"}"""u8);
        (await CliRun.Of("tokenize", "--tokenizer", _folder.File("none.json"), "--input", input)).Failed("Can't open", "none.json");
        (await CliRun.Of("tokenize", "--tokenizer", _folder.Path, "--input", input)).Failed(_folder.Path, "no tokenizer");
        (await CliRun.Of("tokenize", "--tokenizer", TinyModels.TextEncoderPath, "--input", input)).Failed("t5.safetensors");
        (await CliRun.Of("tokenize", "--tokenizer", Path.Combine(ChromaNano.Folder, "chroma-nano-transformer.gguf"), "--input", input)).Failed("carries no T5 tokenizer");
    }

    private static async Task<string> Ids(string tokenizer)
    {
        string input = Path.Combine(Directory.CreateTempSubdirectory("chroma-").FullName, "in.jsonl");
        await File.WriteAllTextAsync(input, """{"text": "a cat"}""");
        try
        {
            return (await CliRun.Of("tokenize", "--tokenizer", tokenizer, "--input", input)).Fine().Output;
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(input)!, recursive: true);
        }
    }
}
