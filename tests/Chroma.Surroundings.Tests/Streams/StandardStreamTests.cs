using Chroma.Surroundings.Tests.Support;
using Chroma.Testing;
using Xunit;

namespace Chroma.Surroundings.Tests.Streams;

/// <summary>Standard streams that are closed, full, or whose reader has gone.</summary>
public sealed class StandardStreamTests : IDisposable
{
    private const string Noise = "chroma noise --seed 1 --shape 1,16,128,128";

    private readonly TemporaryFolder _folder = new();
    private readonly string _draw;

    public StandardStreamTests()
    {
        Unix.Require();
        _draw = new Verb(Verb.Generate, _folder).Line("a.png");
    }

    public static TheoryData<string> Printing =>
    [
        "sigmas --scheduler simple --steps 3",
        "noise --seed 1 --shape 4",
        "--help",
        "--version",
        $"inspect '{TinyModels.TransformerPath}'",
        $"inspect '{TinyModels.TransformerPath}' --json",
        $"compare '{TinyModels.TransformerPath}' '{TinyModels.TransformerPath}'",
        $"tokenize --tokenizer '{Golden.PathOf("tiny_tokenizer/spiece.model")}' --input '{Golden.PathOf("tiny_tokenizer/huggingface.jsonl")}'",
    ];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Printing))]
    public async Task What_cannot_be_printed_is_an_error_that_names_the_stream(string verb)
    {
        (await Shell($"chroma {verb} >/dev/full")).Ends(1, "standard output", "space");
        (await Shell($"chroma {verb} >&-")).Ends(1, "standard output", "closed");
        (await Shell($"chroma {verb} >/dev/full 2>/dev/full")).Ends(1);
        (await Shell($"chroma {verb} >&- 2>&- <&-")).Ends(1);
    }

    [Theory]
    [InlineData(">/dev/full", "space")]
    [InlineData(">&-", "closed")]
    [InlineData("| true", "pipe")]
    public async Task A_picture_is_there_though_its_name_cannot_be_printed(string redirection, string reason)
    {
        (await Shell($"set -o pipefail; {_draw} {redirection}")).Ends(1, "a.png", "is written", "standard output", reason);

        Assert.True(File.Exists(_folder.File("a.png")));
    }

    [Theory]
    [InlineData(">/dev/full 2>/dev/full")]
    [InlineData(">&- 2>&-")]
    [InlineData(">&- 2>&- <&-")]
    [InlineData(">/dev/full 2>&-")]
    public async Task Both_streams_may_be_unusable_without_an_abort(string redirections)
    {
        (await Shell($"{_draw} {redirections}")).Ends(1);

        Assert.Equal("a.png", Path.GetFileName(Assert.Single(Directory.GetFiles(_folder.Path))));
    }

    [Theory]
    [InlineData("2>/dev/full")]
    [InlineData("2>&-")]
    public async Task Errors_that_cannot_be_printed_keep_their_exit_code(string redirection)
    {
        (await Shell($"chroma inspect none.gguf {redirection}")).Ends(1);
        (await Shell($"chroma inspect {redirection}")).Ends(2);
        (await Shell($"chroma paint {redirection}")).Ends(2);
        (await Shell($"{_draw} {redirection}")).Ends(0);
    }

    [Theory]
    [InlineData("head -c 10", "[-1.525595")]
    [InlineData("true", "")]
    public async Task A_reader_that_has_seen_enough_ends_the_command_in_silence(string reader, string output)
    {
        ChromaResult run = await Shell($"set -o pipefail; {Noise} | {reader}");

        Assert.Equal((141, output, ""), (run.ExitCode, run.Output, run.Error));
    }

    [Theory]
    [InlineData(">&-")]
    [InlineData(">/dev/full")]
    public async Task Data_for_standard_output_that_it_does_not_take_is_an_error(string redirection)
    {
        (await Shell($"{new Verb(Verb.Quantize, _folder).Line("-")} {redirection}")).Ends(1, "standard output");
        (await Shell($"{new Verb(Verb.Layers, _folder).Line("/dev/stdout")} {redirection}")).Ends(1, "standard output");
    }

    [Fact]
    public async Task What_is_written_does_not_end_up_in_a_file_that_took_a_closed_streams_number()
    {
        string whole = _folder.File("whole.safetensors"), layers = new Verb(Verb.Layers, _folder).Line("alone.safetensors", "--tap", "no such layer");
        (await ChromaProcess.RunAsync(new Verb(Verb.Layers, _folder).Writing(whole))).Fine();

        (await Shell($"{layers} <&- >&- 2>&-")).Ends(0);

        Assert.Equal(await File.ReadAllBytesAsync(whole), await File.ReadAllBytesAsync(_folder.File("alone.safetensors")));
    }

    [Fact]
    public async Task A_pipe_that_does_not_block_gets_everything()
    {
        // Ends of a pipe share their flags, and programs such as node leave them non-blocking.
        const string reader = "python3 -c 'import os,sys,time; os.set_blocking(1, False); os.execvp(sys.argv[1], sys.argv[1:])' ";
        if (Unix.Try("python3", "--version") is null)
        {
            return;
        }

        ChromaResult blocking = await Shell($"{Noise} | (sleep 1; cksum)");
        ChromaResult free = await Shell($"{reader} dotnet '{ChromaProcess.CommandPath}' {Noise["chroma ".Length..]} | (sleep 1; cksum)");

        Assert.Equal(blocking.Fine().Output, free.Fine().Output);
    }

    private Task<ChromaResult> Shell(string line) => ChromaProcess.ShellAsync(_folder.Path, line);
}
