using System.Globalization;

namespace Chroma.Cli.Bench;

/// <summary>A report for people.</summary>
internal static class BenchTable
{
    private const double Mega = 1e6;
    private const string None = "-";

    public static void Write(BenchReport report, TextWriter output)
    {
        BenchModel model = report.Model;
        output.WriteLine($"{report.Machine.Engine}, {(report.Machine.Threads == 0 ? "a thread per core" : $"{report.Machine.Threads} threads")}, Chroma for .NET {report.Machine.Version}");
        output.WriteLine($"{model.DoubleBlocks} double and {model.SingleBlocks} single blocks of {model.Hidden} channels, {model.TextTokens} text tokens");
        output.WriteLine($"peak of a plain matrix product: f32 {Number(report.Peak.F32)}, bf16 {Number(report.Peak.Bf16)}, int8 {Number(report.Peak.Int8)} GFLOP/s");
        WriteForward(report.Forward, output);
        WriteBatches(report.Forward, output);
        WriteTextEncoder(report.TextEncoder, output);
        WriteAutoencoder(report.Autoencoder, output);
    }

    private static void WriteForward(IReadOnlyList<ForwardResult> results, TextWriter output) => WriteTable(
        "transformer, one evaluation (rates of useful work; shares of the bf16 peak)",
        ["size", "type", "backend", "tokens", "seconds", "GFLOP/s", "of peak", "linear", "at peak", "attention", "at peak", "other", "pair", "weights MB", "compute MB", "resident MB", "vs ggml", "cosine"],
        [.. results.Select(result => (string[])[
            Number(result.Size), result.Type, result.Backend, Number(result.Tokens), Seconds(result.Seconds), Number(result.Gflops), Percent(result.ShareOfPeak),
            Percent(result.LinearShare), Percent(result.LinearShareOfPeak), Percent(result.AttentionShare), Percent(result.AttentionShareOfPeak),
            Percent(result.OtherShare), Times(result.PairRatio), Megabytes(result.WeightBytes), Megabytes(result.ComputeBytes),
            Megabytes(result.ResidentPeakBytes), Times(result.SpeedupOverGgml), result.CosineToF32?.ToString("F6", CultureInfo.InvariantCulture) ?? None])],
        output);

    private static void WriteBatches(IReadOnlyList<ForwardResult> results, TextWriter output) => WriteTable(
        "transformer, seconds per sample of a batch",
        ["size", "type", "backend", "1", "2", "3", "4"],
        [.. results.Where(result => result.Batch is not null).Select(result => (string[])[
            Number(result.Size), result.Type, result.Backend, .. result.Batch!.Select(batch => Seconds(batch.SecondsPerSample))])],
        output);

    private static void WriteTextEncoder(IReadOnlyList<TextEncoderResult> results, TextWriter output) => WriteTable(
        results.Count == 0 ? "" : $"T5, one prompt through {results[0].Layers} of XXL's 24 blocks",
        ["tokens", "type", "backend", "seconds", "GFLOP/s", "of peak", "weights MB", "compute MB", "resident MB", "vs ggml"],
        [.. results.Select(result => (string[])[
            Number(result.Tokens), result.Type, result.Backend, Seconds(result.Seconds), Number(result.Gflops), Percent(result.ShareOfPeak),
            Megabytes(result.WeightBytes), Megabytes(result.ComputeBytes), Megabytes(result.ResidentPeakBytes), Times(result.SpeedupOverGgml)])],
        output);

    private static void WriteAutoencoder(IReadOnlyList<AutoencoderResult> results, TextWriter output) => WriteTable(
        "autoencoder, decoding one picture",
        ["size", "type", "backend", "seconds", "GFLOP/s", "of peak", "convolution", "attention", "compute MB", "resident MB", "vs ggml"],
        [.. results.Select(result => (string[])[
            Number(result.Size), result.Type, result.Backend, Seconds(result.Seconds), Number(result.Gflops), Percent(result.ShareOfPeak),
            Percent(result.ConvolutionShare), Percent(result.AttentionShare), Megabytes(result.ComputeBytes), Megabytes(result.ResidentPeakBytes),
            Times(result.SpeedupOverGgml)])],
        output);

    private static void WriteTable(string title, string[] headers, IReadOnlyList<string[]> rows, TextWriter output)
    {
        if (rows.Count == 0)
        {
            return;
        }

        int[] widths = [.. headers.Select((header, column) => rows.Max(row => row[column].Length).Max(header.Length))];
        output.WriteLine();
        output.WriteLine(title);
        foreach (string[] row in rows.Prepend(headers))
        {
            output.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadLeft(widths[column]))).TrimEnd());
        }
    }

    private static int Max(this int a, int b) => Math.Max(a, b);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Number(double? value) => value?.ToString("F0", CultureInfo.InvariantCulture) ?? None;

    private static string Seconds(double value) => value.ToString(value < 1 ? "F3" : "F2", CultureInfo.InvariantCulture);

    private static string Percent(double? share) => share is null ? None : (share.Value * 100).ToString("F0", CultureInfo.InvariantCulture) + " %";

    private static string Times(double? ratio) => ratio is null ? None : ratio.Value.ToString("F2", CultureInfo.InvariantCulture) + " x";

    private static string Megabytes(long? bytes) => Number(bytes / Mega);
}
