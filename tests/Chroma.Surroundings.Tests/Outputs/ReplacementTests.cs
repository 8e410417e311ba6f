using Chroma.Imaging;
using Chroma.Models;
using Chroma.Surroundings.Tests.Support;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Surroundings.Tests.Outputs;

/// <summary>What stays of a file that is replaced, by each of the three writers.</summary>
public sealed class ReplacementTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ReplacementTests() => Unix.Require();

    public static TheoryData<string> Writers => ["picture.png", "tensors.safetensors", "weights.gguf"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Writers))]
    public async Task A_link_stays_and_what_it_leads_to_is_replaced(string name)
    {
        string target = Directory.CreateDirectory(_folder.File("elsewhere")).FullName + "/target";
        await File.WriteAllTextAsync(target, "old");
        File.CreateSymbolicLink(_folder.File("second"), "elsewhere/target");
        File.CreateSymbolicLink(_folder.File(name), "second");

        await WriteAsync(_folder.File(name));

        Assert.Equal("symbolic link", Unix.Stat(_folder.File(name)));
        Assert.Equal("symbolic link", Unix.Stat(_folder.File("second")));
        Assert.True(new FileInfo(target).Length > 3);
        Assert.Equal([target], Directory.GetFiles(_folder.File("elsewhere")));
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public async Task A_dangling_link_makes_its_target(string name)
    {
        File.CreateSymbolicLink(_folder.File(name), "target");

        await WriteAsync(_folder.File(name));

        Assert.Equal("regular file", Unix.Stat(_folder.File("target")));
        Assert.Equal("symbolic link", Unix.Stat(_folder.File(name)));
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public async Task Links_in_a_circle_are_refused(string name)
    {
        File.CreateSymbolicLink(_folder.File(name), "other");
        File.CreateSymbolicLink(_folder.File("other"), name);

        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => WriteAsync(_folder.File(name)));

        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public async Task The_old_permissions_are_kept(string name)
    {
        string path = _folder.File(name);
        foreach (string mode in (string[])["600", "640", "604", "755"])
        {
            await File.WriteAllTextAsync(path, "old");
            Unix.Run("chmod", mode, path);

            await WriteAsync(path);

            Assert.Equal(mode, Unix.Stat(path, "%a"));
        }
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public async Task The_owner_is_kept_where_files_may_be_given_away(string name)
    {
        string path = _folder.File(name);
        await File.WriteAllTextAsync(path, "old");
        string before = Unix.Try("chown", "65534:65533", path) is not null ? "65534:65533" : Unix.Stat(path, "%u:%g");

        await WriteAsync(path);

        Assert.Equal(before, Unix.Stat(path, "%u:%g"));
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public async Task Other_names_of_a_file_keep_the_old_content(string name)
    {
        string path = _folder.File(name), other = _folder.File("other");
        await File.WriteAllTextAsync(path, "old");
        Unix.Run("ln", path, other);

        await WriteAsync(path);

        Assert.Equal("old", await File.ReadAllTextAsync(other));
        Assert.True(new FileInfo(path).Length > 3);
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public async Task A_file_that_may_not_be_written_is_not_replaced(string name)
    {
        string path = _folder.File(name);
        await File.WriteAllTextAsync(path, "old");
        await MakeUnwritable(path, async () =>
        {
            Exception error = await Assert.ThrowsAnyAsync<Exception>(() => WriteAsync(path));
            Assert.Contains($"Can't write '{path}'", error.Message, StringComparison.Ordinal);
        });

        Assert.Equal("old", await File.ReadAllTextAsync(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task New_files_respect_the_umask()
    {
        Verb sample = new(Verb.Sample, _folder), quantize = new(Verb.Quantize, _folder);
        (await ChromaProcess.ShellAsync(_folder.Path, $"umask 027; {sample.Line("a.safetensors")} && {quantize.Line("b.gguf")}")).Fine();

        Assert.Equal("640", Unix.Stat(_folder.File("a.safetensors"), "%a"));
        Assert.Equal("640", Unix.Stat(_folder.File("b.gguf"), "%a"));
    }

    [Fact]
    public async Task What_is_read_is_not_overwritten()
    {
        string copy = _folder.File("weights.safetensors"), link = _folder.File("link.safetensors");
        File.Copy(TinyModels.TransformerPath, copy);
        File.CreateSymbolicLink(link, copy);
        string[] layers = new Verb(Verb.Layers, _folder).Writing(link);
        layers[Array.IndexOf(layers, "--weights") + 1] = copy;

        (await ChromaProcess.RunAsync(layers)).Ends(1, "both read and written");
        (await ChromaProcess.RunAsync("quantize", copy, link, "--type", "f16")).Ends(1, "both read and written");

        Assert.Equal(await File.ReadAllBytesAsync(TinyModels.TransformerPath), await File.ReadAllBytesAsync(copy));
    }

    private static async Task MakeUnwritable(string path, Func<Task> test)
    {
        if (!Unix.IsRoot)
        {
            Unix.Run("chmod", "444", path);
            await test();
        }
        else if (Unix.Try("chattr", "+i", path) is not null)
        {
            try
            {
                await test();
            }
            finally
            {
                Unix.Run("chattr", "-i", path);
            }
        }
        else if (Unix.Try("mount", "--bind", "-o", "ro", path, path) is not null)
        {
            try
            {
                await test();
            }
            finally
            {
                Unix.Run("umount", path);
            }
        }

        // Nothing stops this user then, and there is nothing to respect.
    }

    private static async Task WriteAsync(string path)
    {
        switch (Path.GetExtension(path))
        {
            case ".png":
                await new ChromaImage(2, 2, new byte[12]).SaveAsync(path);
                break;
            case ".safetensors":
                SafetensorsWriter.Save(path, new Dictionary<string, FloatTensor> { ["x"] = new([1f], 1) });
                break;
            default:
                await WeightsFile.QuantizeAsync(TinyModels.TextEncoderPath, path, new QuantizeOptions { Type = WeightType.F16 });
                break;
        }
    }
}
