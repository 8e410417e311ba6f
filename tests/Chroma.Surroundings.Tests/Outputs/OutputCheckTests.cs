using System.Diagnostics;
using System.Text;
using Chroma.Surroundings.Tests.Support;
using Chroma.Testing;
using Xunit;

namespace Chroma.Surroundings.Tests.Outputs;

/// <summary>The output is tried before anything is loaded, and what is drawn is not lost.</summary>
public sealed class OutputCheckTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public OutputCheckTests() => Unix.Require();

    public static TheoryData<string> Verbs => Verb.All;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Outputs_that_cannot_be_are_refused_before_the_inputs_are_looked_at(string name)
    {
        Verb verb = new(name, _folder);
        string extension = verb.Extension;
        Directory.CreateDirectory(_folder.File($"taken.{extension}"));
        File.WriteAllText(_folder.File("file"), "");
        using Disk readOnly = Disk.ReadOnly(_folder.File("read-only"));

        await Refused($"none/x.{extension}", "folder 'none'");
        await Refused($"taken.{extension}", "folder");
        await Refused($"file/x.{extension}", "file/x");
        await Refused($"new.{extension}/", $"new.{extension}/");
        await Refused($"{new string('x', 255 - extension.Length)}.{extension}", "too long");
        await Refused(readOnly.File($"x.{extension}"), "x.");

        async Task Refused(string output, string word) =>
            (await ChromaProcess.RunInAsync(_folder.Path, WithoutInputs(verb.Writing(output)))).Ends(1, "Can't write", word);
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Names_may_be_as_long_as_the_file_system_takes(string name)
    {
        Verb verb = new(name, _folder);
        int letters = 254 - verb.Extension.Length; // bytes, and "é" has two
        foreach (string stem in (string[])[new string('x', letters), (letters % 2 == 0 ? "" : "x") + new string('é', letters / 2)])
        {
            string path = _folder.File($"{stem}.{verb.Extension}");
            Assert.Equal(255, Encoding.UTF8.GetByteCount(Path.GetFileName(path)));

            (await ChromaProcess.RunAsync(verb.Writing(path))).Fine();

            Assert.True(File.Exists(path));
        }
    }

    [Fact]
    public async Task Each_numbered_name_is_tried_beforehand()
    {
        Directory.CreateDirectory(_folder.File("n-3.png"));

        ChromaResult run = await ChromaProcess.RunInAsync(_folder.Path, WithoutInputs(new Verb(Verb.Generate, _folder).Writing("n.png", "--count", "3")));

        run.Ends(1, "n-3.png", "folder");
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task A_wrong_extension_is_known_beforehand()
    {
        ChromaResult run = await ChromaProcess.RunInAsync(_folder.Path, WithoutInputs(new Verb(Verb.Generate, _folder).Writing("x.gif")));

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("'x.gif'", run.Error, StringComparison.Ordinal);
        Assert.Contains(".webp", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_picture_is_written_as_soon_as_it_is_drawn()
    {
        string[] args = new Verb(Verb.Generate, _folder).Writing("n.png", "--count", "1000");
        using Process process = ChromaProcess.StartIn(_folder.Path, args);
        Assert.Equal("n-1.png", await process.StandardOutput.ReadLineAsync());
        Assert.True(File.Exists(_folder.File("n-1.png")));
        Assert.False(process.HasExited);

        await ChromaProcess.SignalAsync(process, "KILL");
        await process.WaitForExitAsync();

        Assert.True(File.Exists(_folder.File("n-1.png")));
        Assert.False(File.Exists(_folder.File("n-1000.png")));
    }

    [Fact]
    public async Task One_by_one_gives_the_pictures_of_the_seeds()
    {
        Verb verb = new(Verb.Generate, _folder);
        (await ChromaProcess.RunInAsync(_folder.Path, verb.Writing("n.png", "--count", "2"))).Fine();
        string[] second = verb.Writing("second.png");
        second[Array.IndexOf(second, "--seed") + 1] = "6";
        (await ChromaProcess.RunInAsync(_folder.Path, second)).Fine();

        Assert.Equal(await File.ReadAllBytesAsync(_folder.File("second.png")), await File.ReadAllBytesAsync(_folder.File("n-2.png")));
    }

    [Fact]
    public async Task A_picture_that_its_reader_does_not_take_is_saved_beside()
    {
        string line = new Verb(Verb.Generate, _folder).Line("-");
        await File.WriteAllTextAsync(_folder.File("chroma.png"), "of somebody else");

        (await ChromaProcess.ShellAsync(_folder.Path, $"{line} >/dev/full")).Ends(1, "standard output", "chroma-1.png");
        (await ChromaProcess.ShellAsync(_folder.Path, $"set -o pipefail; {line} | true")).Ends(1, "standard output", "chroma-2.png");

        Assert.Equal("of somebody else", await File.ReadAllTextAsync(_folder.File("chroma.png")));
        Assert.Equal(await File.ReadAllBytesAsync(_folder.File("chroma-1.png")), await File.ReadAllBytesAsync(_folder.File("chroma-2.png")));
    }

    [Fact]
    public async Task What_a_full_disk_does_not_take_is_saved_beside()
    {
        using Disk? disk = Disk.TrySmall(_folder.File("small"));
        if (disk is null)
        {
            return; // the test above fills a device instead, and the next one limits the size of files
        }

        File.WriteAllBytes(disk.File("fill"), new byte[200_000]);
        Unix.Try("dd", "if=/dev/zero", $"of={disk.File("rest")}", "bs=4096");
        string picture = disk.File("x.png"), tensors = disk.File("x.safetensors");

        ChromaResult run = await ChromaProcess.RunInAsync(_folder.Path, new Verb(Verb.Generate, _folder).Writing(picture));
        run.Ends(1, picture, "space", _folder.File("x.png"));
        Assert.Equal(_folder.File("x.png"), run.Output.TrimEnd('\n'));
        (await ChromaProcess.RunInAsync(_folder.Path, new Verb(Verb.Sample, _folder).Writing(tensors))).Ends(1, tensors, "space", _folder.File("x.safetensors"));
        (await ChromaProcess.RunInAsync(_folder.Path, new Verb(Verb.Quantize, _folder).Writing(disk.File("x.gguf")))).Ends(1, "x.gguf", "space");

        Assert.True(File.Exists(_folder.File("x.png")) && File.Exists(_folder.File("x.safetensors")));
        Assert.Equal([disk.File("fill"), disk.File("rest")], Directory.GetFiles(disk.Path).Order());
    }

    [Fact]
    public async Task A_limit_on_the_size_of_files_is_an_error_and_leaves_nothing()
    {
        // The runtime itself makes a larger file in memory unless told not to.
        string line = new Verb(Verb.Quantize, _folder).Line("x.gguf");
        (await ChromaProcess.ShellAsync(_folder.Path, $"export DOTNET_EnableWriteXorExecute=0; ulimit -f 64; {line}")).Ends(1, "x.gguf", "too large");

        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    /// <summary>With inputs that do not exist: an error about the output comes first.</summary>
    private static string[] WithoutInputs(string[] args)
    {
        int input = Array.FindIndex(args, arg => arg is "--inputs" or "--weights");
        if (input >= 0)
        {
            args[input + 1] = "no-such-input";
        }
        else if (args[0] == Verb.Quantize)
        {
            args[1] = "no-such-input";
        }
        else
        {
            args = [.. args, "--model", "no-such-model"];
        }

        return args;
    }
}
