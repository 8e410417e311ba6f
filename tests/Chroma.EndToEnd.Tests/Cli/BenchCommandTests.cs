using System.Text.Json;
using Chroma.Cli.Bench;
using Xunit;

namespace Chroma.EndToEnd.Tests.Cli;

/// <summary>One run of <c>chroma bench</c> on networks of a quarter of the width and a block or two, for all tests.</summary>
public sealed class BenchFixture : IAsyncLifetime
{
    /// <summary>What went to standard output.</summary>
    public string Output { get; private set; } = "";

    /// <summary>The same, parsed.</summary>
    public JsonElement Root { get; private set; }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        Output = (await CliRun.Of(
            "bench", "--json", "--hidden", "768", "--double", "1", "--single", "1", "--t5-layers", "1", "--size", "64", "--text-tokens", "3", "--runs", "1",
            "--type", "q8_0,f32", "--backend", "chroma,ggml", "--only", "forward,pair,batch,text-encoder,autoencoder")).Fine().Output;
        Root = JsonDocument.Parse(Output).RootElement;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary><c>chroma bench</c>.</summary>
public sealed class BenchCommandTests(BenchFixture fixture) : IClassFixture<BenchFixture>
{
    [Fact]
    public void Json_has_every_figure_of_an_evaluation_and_they_agree()
    {
        double? peak = Optional(fixture.Root.GetProperty("peak"), "bf16");
        JsonElement[] forward = Results("forward");
        Assert.Equal(
            ["f32 chroma", "f32 ggml", "q8_0 chroma", "q8_0 ggml"],
            forward.Select(entry => $"{entry.GetProperty("type").GetString()} {entry.GetProperty("backend").GetString()}"));
        foreach (JsonElement entry in forward)
        {
            Assert.Equal((64, 19), (entry.GetProperty("size").GetInt32(), entry.GetProperty("tokens").GetInt32()));
            double seconds = Number(entry, "seconds");
            Assert.True(seconds > 0);
            Assert.Equal(Number(entry, "gflop") / seconds, Number(entry, "gflops"), 6);
            Assert.Equal(Optional(entry, "share_of_peak"), Number(entry, "gflops") / peak);
            Assert.Equal(1, Number(entry, "linear_share") + Number(entry, "attention_share") + Number(entry, "other_share"), 6);
            Assert.Equal(Number(entry, "pair_seconds") / seconds, Number(entry, "pair_ratio"), 6);
            Assert.InRange(Number(entry, "cosine_to_f32"), 0.999, 1.000001);
            Assert.True(Number(entry, "weight_bytes") > 0 && Number(entry, "compute_bytes") > 0);
        }

        Assert.Equal(Number(forward[3], "seconds") / Number(forward[2], "seconds"), Number(forward[2], "speedup_over_ggml"), 6);
        Assert.True(Number(forward[2], "weight_bytes") < Number(forward[0], "weight_bytes"));
    }

    [Fact]
    public void Useful_work_counts_the_products_of_the_tokens_that_exist()
    {
        // 16 image and 3 text tokens, 768 channels, 3072 in the MLPs, 1024 of text; 3 + 12 + 2 rows through an Approximator of 1280 channels.
        const double blocks = 19.0 * 2 * 12 * 768 * 768;
        const double ends = (16.0 * 2 * 64 * 768) + (3.0 * 1024 * 768);
        const double approximator = 17.0 * ((64 * 1280) + (5.0 * 2 * 1280 * 1280) + (1280 * 768));
        const double attention = 2.0 * 2 * 19 * 19 * 768;
        Assert.All(Results("forward"), entry => Assert.Equal(2 * (blocks + ends + approximator + attention) / 1e9, Number(entry, "gflop"), 9));
    }

    [Fact]
    public void Json_has_batches_T5_and_the_autoencoder()
    {
        JsonElement[] batch = [.. Results("forward")[0].GetProperty("batch").EnumerateArray()];
        Assert.Equal([1, 2, 3, 4], batch.Select(entry => entry.GetProperty("samples").GetInt32()));
        Assert.All(batch, entry => Assert.Equal(Number(entry, "seconds") / Number(entry, "samples"), Number(entry, "seconds_per_sample"), 9));
        JsonElement[] texts = Results("text_encoder"), pictures = Results("autoencoder");
        Assert.Equal([20, 20, 512, 512, 20, 20, 512, 512], texts.Select(entry => entry.GetProperty("tokens").GetInt32()));
        Assert.Equal(["chroma", "ggml"], pictures.Select(entry => entry.GetProperty("backend").GetString()));
        Assert.All([.. texts, .. pictures], entry => Assert.Equal(Number(entry, "gflop") / Number(entry, "seconds"), Number(entry, "gflops"), 6));
    }

    [Fact]
    public void People_get_a_table_of_the_same()
    {
        BenchReport report = JsonSerializer.Deserialize(fixture.Output, BenchJson.Default.BenchReport)!;
        using StringWriter output = new();
        BenchTable.Write(report, output);
        Assert.Matches(@"size +type +backend +tokens +seconds", output.ToString());
        Assert.Matches(@"\n +64 +q8_0 +chroma +19 +\d", output.ToString());
        Assert.Matches(@"\n +512 +q8_0 +ggml +\d", output.ToString());
    }

    [Theory]
    [InlineData("--size", "100", "multiples of 16", "'100'")]
    [InlineData("--size", "256,x", "multiples of 16", "'x'")]
    [InlineData("--type", "q9", "q8_0", "'q9'")]
    [InlineData("--backend", "cuda", "chroma", "'cuda'")]
    [InlineData("--only", "everything", "autoencoder", "'everything'")]
    [InlineData("--double", "-1", "0 to 128", "-1")]
    [InlineData("--hidden", "1000", "multiple of 768", "1000")]
    [InlineData("--threads", "-3", "0 to 512", "-3")]
    public async Task A_wrong_option_is_told_in_a_sentence(string option, string value, params string[] words) =>
        (await CliRun.Of("bench", option, value)).Misused([option, .. words]);

    [Fact]
    public async Task A_transformer_without_blocks_is_none() => (await CliRun.Of("bench", "--double", "0", "--single", "0")).Misused("--double", "--single");

    private JsonElement[] Results(string part) => [.. fixture.Root.GetProperty(part).EnumerateArray()];

    private static double Number(JsonElement entry, string name) => entry.GetProperty(name).GetDouble();

    private static double? Optional(JsonElement entry, string name) =>
        entry.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;
}
