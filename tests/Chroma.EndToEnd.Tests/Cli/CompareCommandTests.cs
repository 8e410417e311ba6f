using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Cli;

public sealed class CompareCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Equal_dumps_agree_layer_by_layer()
    {
        string a = Dump("a", ("second", [1, 2, 3]), ("first", [4]));

        CliRun run = (await CliRun.Of("compare", a, a)).Fine();

        string[] lines = run.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Equal(["layer", "second", "first"], lines.Select(line => line.Split(' ')[0]));
        Assert.Equal(["second", "0", "0", "1.000000000", "agrees"], lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task The_first_layer_that_differs_is_named_and_ends_the_comparison()
    {
        string a = Dump("a", ("same", [1, 2]), ("off", [1, 2.5f]), ("worse", [9])), b = Dump("b", ("worse", [1]), ("off", [1, 2]), ("same", [1, 2]));

        CliRun run = await CliRun.Of("compare", a, b);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("The first layer that differs is 'off': max abs 0.5, max rel 0.25, cosine 0.99", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("worse", run.Output, StringComparison.Ordinal);

        CliRun all = await CliRun.Of("compare", a, b, "--all");
        Assert.Equal(1, all.ExitCode);
        Assert.Equal(run.Error, all.Error);
        Assert.Contains("worse", all.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "--rtol", "0.3")]
    [InlineData(0, "--atol", "0.5")]
    [InlineData(1, "--rtol", "0.2")]
    [InlineData(1, "--atol", "0.4")]
    public async Task Tolerances_are_allowed_differences(int exitCode, string option, string value)
    {
        string a = Dump("a", ("x", [1, 2.5f])), b = Dump("b", ("x", [1, 2]));

        Assert.Equal(exitCode, (await CliRun.Of("compare", a, b, option, value)).ExitCode);
    }

    [Fact]
    public async Task A_shape_that_differs_is_named()
    {
        CliRun run = await CliRun.Of("compare", Dump("a", ("x", [1, 2])), Dump("b", ("x", [1, 2, 3])));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("[2]", run.Error, StringComparison.Ordinal);
        Assert.Contains("[3]", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Layers_of_one_dump_alone_are_told_and_count_only_when_asked()
    {
        string a = Dump("a", ("mine", [1]), ("x", [1])), b = Dump("b", ("x", [1]), ("theirs", [1]));

        CliRun run = (await CliRun.Of("compare", a, b)).Fine();
        CliRun strict = await CliRun.Of("compare", a, b, "--strict");

        Assert.Contains($"missing in '{b}'", run.Output, StringComparison.Ordinal);
        Assert.Contains($"missing in '{a}'", run.Output, StringComparison.Ordinal);
        Assert.Equal(1, strict.ExitCode);
        Assert.Equal($"The layer 'mine' is missing in '{b}'.\n", strict.Error);
    }

    [Fact]
    public async Task Dumps_with_nothing_in_common_do_not_agree()
    {
        CliRun run = await CliRun.Of("compare", Dump("a", ("x", [1])), Dump("b", ("y", [1])));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("no layer in common", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NaN_is_a_difference()
    {
        CliRun run = await CliRun.Of("compare", Dump("a", ("x", [1, float.NaN])), Dump("b", ("x", [1, 2])), "--rtol", "9", "--atol", "9");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("'x'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_are_no_dumps_are_named()
    {
        string sound = Dump("a", ("x", [1])), bad = _folder.Write("bad.safetensors", [1, 2, 3]);

        (await CliRun.Of("compare", sound, bad)).Failed(bad);
        (await CliRun.Of("compare", _folder.File("none.safetensors"), sound)).Failed("none.safetensors");
    }

    [Theory]
    [InlineData("--rtol", "-1")]
    [InlineData("--atol", "NaN")]
    [InlineData("--atol", "much")]
    public async Task Tolerances_that_are_none_are_wrong_usage(string option, string value) => (await CliRun.Of("compare", "a", "b", option, value)).Misused(option, value);

    private string Dump(string name, params (string Name, float[] Values)[] layers)
    {
        string path = _folder.File($"{name}.safetensors");
        SafetensorsWriter.Save(path, layers.Select(layer => KeyValuePair.Create(layer.Name, new FloatTensor(layer.Values, layer.Values.Length))));
        return path;
    }
}
