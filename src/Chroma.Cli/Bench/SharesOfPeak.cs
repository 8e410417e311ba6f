using Chroma.Models;

namespace Chroma.Cli.Bench;

/// <summary>Sets results against the peak, once the whole run has told what that is.</summary>
internal static class SharesOfPeak
{
    public static ForwardResult AgainstPeak(this ForwardResult result, BenchPeak peak) => result with
    {
        ShareOfPeak = result.Gflops / peak.Bf16,
        ShareOfOwnPeak = result.Gflops / OwnPeak(result.Type, peak),
        LinearShareOfPeak = result.LinearGflops / peak.Bf16,
        AttentionShareOfPeak = result.AttentionGflops / peak.Bf16,
    };

    public static TextEncoderResult AgainstPeak(this TextEncoderResult result, BenchPeak peak) => result with { ShareOfPeak = result.Gflops / peak.Bf16 };

    public static AutoencoderResult AgainstPeak(this AutoencoderResult result, BenchPeak peak) => result with { ShareOfPeak = result.Gflops / peak.Bf16 };

    private static double? OwnPeak(string type, BenchPeak peak) =>
        type == WeightType.F32.ToName() ? peak.F32 : type == WeightType.Int8.ToName() ? peak.Int8 : peak.Bf16;
}
