using System.CommandLine;
using System.Diagnostics;
using Chroma.Cli;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Cli;

/// <summary>What all verbs have in common, and the command as a process of its own.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Verbs => [.. Program.CreateRoot().Subcommands.Select(verb => verb.Name)];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void All_verbs_are_there()
    {
        string[] expected = ["compare", "generate", "inspect", "layers", "noise", "quantize", "sample", "sigmas", "tokenize"];

        Assert.Superset(expected.ToHashSet(), Program.CreateRoot().Subcommands.Select(verb => verb.Name).ToHashSet());
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Every_verb_explains_itself(string verb)
    {
        CliRun run = (await CliRun.Of(verb, "--help")).Fine();

        Assert.Contains($" {verb} ", run.Output, StringComparison.Ordinal);
        Assert.All(Program.CreateRoot().Subcommands.Single(command => command.Name == verb).Options, option =>
        {
            Assert.False(string.IsNullOrWhiteSpace(option.Description), $"{option.Name} has no description.");
            Assert.Contains(option.Name, run.Output, StringComparison.Ordinal);
        });
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Every_verb_refuses_options_that_it_does_not_know(string verb) => (await CliRun.Of(verb, "--no-such-option")).Misused("--no-such-option", $"chroma {verb} --help");

    [Fact]
    public async Task A_verb_that_is_not_there_is_wrong_usage() => (await CliRun.Of("paint")).Misused("paint");

    [Fact]
    public async Task The_process_gives_data_errors_and_exit_codes()
    {
        string output = _folder.File("out.safetensors");
        ChromaResult layers = await ChromaProcess.RunAsync(
            "layers", "--component", "transformer", "--weights", TinyModels.TransformerPath, "--inputs", Golden.PathOf("layers/transformer.inputs.safetensors"),
            "--output", output, "--rope-axes", "8,12,12");
        Assert.Equal("", layers.Fine().Output);

        ChromaResult inspect = await ChromaProcess.RunAsync("inspect", _folder.File("none.gguf"));
        Assert.Equal("", inspect.Ends(1, "none.gguf").Output);

        Assert.Equal(2, (await ChromaProcess.RunAsync("inspect")).ExitCode);
    }

    [Fact]
    public async Task Ctrl_C_stops_a_run_with_130_and_leaves_nothing_behind()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Signals are Unix's, and env with --default-signal is GNU's.");
        string inputs = _folder.File("large.safetensors"), output = _folder.File("out.safetensors");
        SafetensorsWriter.Save(inputs, new Dictionary<string, FloatTensor>
        {
            ["latent"] = new(1, 16, 300, 300), // 22,500 tokens: longer than this test has patience
            ["timestep"] = new([0.5f], 1),
            ["context"] = new(1, 4, 40),
        });
        using Process process = ChromaProcess.Start(
            "layers", "--component", "transformer", "--weights", TinyModels.TransformerPath, "--inputs", inputs, "--output", output, "--rope-axes", "8,12,12");
        await Task.Delay(TimeSpan.FromSeconds(2));

        await ChromaProcess.SignalAsync(process, "INT");

        (await ChromaProcess.EndAsync(process)).Ends(130, "Stopped");
        Assert.Equal([inputs], Directory.GetFiles(_folder.Path));
    }
}
