using Chroma.EndToEnd.Tests.Nano.Judging;
using Chroma.EndToEnd.Tests.Nano.Scenes;
using Chroma.Imaging;
using Chroma.Models;
using Xunit;

namespace Chroma.EndToEnd.Tests.Nano;

/// <summary>oneDNN, which multiplies as bfloat16, and ggml's own kernels draw the same from the same seeds.</summary>
[Collection(NanoGroup.Name)]
public sealed class KernelTests(NanoFixture nano, ITestOutputHelper output)
{
    private const int Count = 24;

    [Fact]
    public async Task Both_kernels_draw_the_same_scenes_and_score_the_same()
    {
        Assert.SkipUnless(nano.Studio.Pipeline.Device.Contains("oneDNN", StringComparison.Ordinal), "This native library has no oneDNN.");
        IReadOnlyList<ScenePrompt> prompts = [.. nano.Prompts.Take(Count)];
        using NanoStudio studio = await NanoStudio.OpenAsync(options => ChromaNano.LoadAsync(options), new ChromaPipelineOptions { Kernels = CpuKernels.Ggml });
        IReadOnlyList<ChromaImage> ours = await nano.Quick.FirstAsync(Count);

        ChromaImage[] ggml = await studio.DrawAsync(prompts, nano.Quick.OptionsOf);

        double[] ratios = [.. ours.Zip(ggml, Difference.PeakRatio).Order()];
        ScoreTable ourScore = ScoreTable.Of(prompts, ours), ggmlScore = ScoreTable.Of(prompts, ggml);
        output.WriteLine($"PSNR of the worst {ratios[0]:F1}, of the median {ratios[Count / 2]:F1} dB\n{ourScore}\n{ggmlScore}");
        Assert.True(ratios[0] >= 46 && ratios[Count / 2] >= 50, $"The worst is at {ratios[0]:F1} dB, the median at {ratios[Count / 2]:F1} dB.");
        Assert.True(ourScore.All >= 0.9 && ggmlScore.All >= 0.9, $"{ourScore}\n{ggmlScore}");
        Assert.Equal(ourScore.All, ggmlScore.All, 1.0 / Count);
    }
}
