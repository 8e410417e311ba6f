using System.Runtime.InteropServices;
using Chroma.Interop;
using Chroma.Models;

namespace Chroma.Cli.Bench;

/// <summary>Runs a plan.</summary>
internal static class BenchRun
{
    public static BenchReport Measure(BenchPlan plan, IProgress<string> progress, CancellationToken token)
    {
        progress.Report("the processor's peak");
        PeakGauge peak = new(plan.Threads);
        peak.Measure();

        TransformerBench transformer = new(plan, peak, progress, token);
        bool transforms = (plan.Parts & (BenchParts.Forward | BenchParts.Pair | BenchParts.Batch)) != 0;
        List<ForwardResult> forward = transforms ? [.. plan.Types.SelectMany(transformer.Measure)] : [];

        TextEncoderBench textEncoder = new(plan, peak, progress, token);
        List<TextEncoderResult> texts = plan.Parts.HasFlag(BenchParts.TextEncoder) ? [.. plan.Types.SelectMany(textEncoder.Measure)] : [];

        AutoencoderBench autoencoder = new(plan, peak, progress, token);
        List<AutoencoderResult> pictures = plan.Parts.HasFlag(BenchParts.Autoencoder) ? [.. autoencoder.Measure()] : [];

        BenchSizes sizes = plan.Sizes;
        return new BenchReport
        {
            Machine = DescribeMachine(plan),
            Model = new BenchModel(sizes.Hidden, sizes.DoubleBlocks, sizes.SingleBlocks, plan.TextTokens, transformer.Parameters),
            Peak = peak.Best,
            Forward = [.. forward.Select(result => result.AgainstPeak(peak.Best))],
            TextEncoder = [.. texts.Select(result => result.AgainstPeak(peak.Best))],
            Autoencoder = [.. pictures.Select(result => result.AgainstPeak(peak.Best))],
        };
    }

    private static BenchMachine DescribeMachine(BenchPlan plan)
    {
        using ChromaEngine engine = BackendNames.Open(BenchBackend.Chroma, plan.Threads);
        return new BenchMachine(engine.Description, plan.Threads, RuntimeInformation.OSDescription, ChromaLibrary.Version);
    }
}
