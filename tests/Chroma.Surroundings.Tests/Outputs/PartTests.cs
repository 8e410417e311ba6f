using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using Chroma.Surroundings.Tests.Support;
using Chroma.Testing;
using Xunit;

namespace Chroma.Surroundings.Tests.Outputs;

/// <summary>Signals, and the parts of files that interrupted runs leave or do not leave.</summary>
public sealed class PartTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _input;

    public PartTests()
    {
        Unix.Require();
        _input = _folder.File("large.safetensors");
        WriteLarge(_input);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    public async Task A_signal_stops_a_conversion_and_leaves_nothing(string signal, int exitCode)
    {
        using Process process = await StartAsync("out.gguf");

        await ChromaProcess.SignalAsync(process, signal);

        (await ChromaProcess.EndAsync(process)).Ends(exitCode, "Stopped");
        Assert.Equal([_input], Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    public async Task A_signal_stops_drawing(string signal, int exitCode)
    {
        string[] args = new Verb(Verb.Generate, _folder).Writing("n.png", "--count", "1000");
        using Process process = ChromaProcess.StartIn(_folder.Path, args);
        await process.StandardOutput.ReadLineAsync();

        await ChromaProcess.SignalAsync(process, signal);

        (await ChromaProcess.EndAsync(process)).Ends(exitCode, "Stopped");
        Assert.DoesNotContain(Directory.GetFiles(_folder.Path), IsPart);
    }

    [Fact]
    public async Task A_second_signal_ends_at_once_and_still_leaves_nothing()
    {
        using Process process = await StartAsync("out.gguf");

        for (int i = 0; i < 3 && !process.HasExited; i++)
        {
            await ChromaProcess.SignalAsync(process, "INT");
        }

        (await ChromaProcess.EndAsync(process)).Ends(130);
        Assert.Equal([_input], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task What_waits_for_input_is_stopped_at_once()
    {
        Unix.Run("mkfifo", _folder.File("lines"));
        using Process process = ChromaProcess.StartIn(
            _folder.Path, "tokenize", "--tokenizer", Golden.PathOf("tiny_tokenizer/spiece.model"), "--input", "lines");
        await Task.Delay(TimeSpan.FromSeconds(2));
        Stopwatch watch = Stopwatch.StartNew();

        await ChromaProcess.SignalAsync(process, "INT");

        (await ChromaProcess.EndAsync(process)).Ends(130, "Stopped");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"It took {watch.Elapsed}.");
    }

    [Fact]
    public async Task A_run_that_shall_survive_its_terminal_does()
    {
        string line = "exec nohup dotnet \"$CHROMA\" quantize large.safetensors out.gguf --type q4_k >/dev/null 2>&1";
        using Process process = Process.Start(new ProcessStartInfo("bash", ["-c", line])
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["CHROMA"] = ChromaProcess.CommandPath },
        })!;
        await WaitForPartAsync("out.gguf", process);

        await ChromaProcess.SignalAsync(process, "HUP");

        Assert.Equal(0, (await ChromaProcess.EndAsync(process)).ExitCode);
        Assert.True(File.Exists(_folder.File("out.gguf")));
    }

    [Fact]
    public async Task Parts_of_killed_runs_go_with_the_next_run_in_the_folder_and_those_being_written_stay()
    {
        using Process killed = await StartAsync("killed.gguf");
        await ChromaProcess.SignalAsync(killed, "KILL");
        await killed.WaitForExitAsync();
        string left = Assert.Single(Directory.GetFiles(_folder.Path), IsPart);
        using Process running = await StartAsync("running.gguf");
        Assert.False(File.Exists(left), "The run that began in the meantime removed it already.");

        (await ChromaProcess.RunAsync(new Verb(Verb.Sample, _folder).Writing(_folder.File("other.safetensors")))).Fine();

        (await ChromaProcess.EndAsync(running)).Fine();
        Assert.True(File.Exists(_folder.File("running.gguf")));
        Assert.DoesNotContain(Directory.GetFiles(_folder.Path), IsPart);
    }

    [Fact]
    public async Task Only_parts_are_removed_and_those_of_other_machines_after_a_day()
    {
        using Process killed = await StartAsync("killed.gguf");
        await ChromaProcess.SignalAsync(killed, "KILL");
        await killed.WaitForExitAsync();
        string left = Assert.Single(Directory.GetFiles(_folder.Path), IsPart);
        string machine = Path.GetFileName(left).Split('-')[1], other = machine == "00000000" ? "11111111" : "00000000";
        string alive = Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture);
        string[] kept = ["film.part", "x.chroma-.part", $"x.chroma-{machine}-12.part", $"x.chroma-{machine}-12-x.part", $"x.chroma-{other}-12-0.part", $"a.chroma-{machine}-1-0.part.txt"];
        string reused = _folder.Write($"y.chroma-{machine}-{alive}-0.part", []), old = _folder.Write($"z.chroma-{other}-12-0.part", []);
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddDays(-2));
        Array.ForEach(kept, name => _folder.Write(name, []));
        Unix.Run("mkfifo", _folder.File($"pipe.chroma-{machine}-12-0.part"));

        (await ChromaProcess.RunAsync(new Verb(Verb.Sample, _folder).Writing(_folder.File("other.safetensors")))).Fine();

        Assert.All((string[])[left, reused, old], path => Assert.False(File.Exists(path), path));
        Assert.All(kept, name => Assert.True(File.Exists(_folder.File(name)), name));
    }

    private static bool IsPart(string path) => path.EndsWith(".part", StringComparison.Ordinal);

    private async Task<Process> StartAsync(string output)
    {
        Process process = ChromaProcess.StartIn(_folder.Path, "quantize", "large.safetensors", output, "--type", "q4_k");
        await WaitForPartAsync(output, process);
        return process;
    }

    /// <summary>Waits until the part has content: the one that tries the output has none.</summary>
    private async Task WaitForPartAsync(string output, Process process)
    {
        while (!Directory.GetFiles(_folder.Path, $"{output}.*.part").Any(part => new FileInfo(part) is { Exists: true, Length: > 0 }))
        {
            Assert.False(process.HasExited, "It ended before a part was seen.");
            await Task.Delay(10);
        }
    }

    /// <summary>A sparse text encoder of 60 million parameters, which takes seconds to convert.</summary>
    private static void WriteLarge(string path)
    {
        const long rows = 60_000_000 / 1024, width = 1024, bytes = rows * width * 4;
        string embedding = Tensor("encoder.embed_tokens.weight", rows, 0, bytes), shared = Tensor("shared.weight", 1, bytes, bytes + (width * 4));
        string header = $"{{{embedding},{shared}}}";
        byte[] json = Encoding.UTF8.GetBytes(header.PadRight((header.Length + 7) / 8 * 8));
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, json.Length);
        using FileStream file = File.Create(path);
        file.Write(prefix);
        file.Write(json);
        file.SetLength(8 + json.Length + bytes + (width * 4));

        static string Tensor(string name, long rows, long from, long to) =>
            $$"""
            "{{name}}":{"dtype":"F32","shape":[{{rows}},{{width}}],"data_offsets":[{{from}},{{to}}]}
            """;
    }
}
