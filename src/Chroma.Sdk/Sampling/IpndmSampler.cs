namespace Chroma.Sampling;

/// <summary>
/// Improved pseudo numerical methods, <c>ipndm</c>: the Adams-Bashforth weights of even steps, whatever the steps are. Liu et al.
/// 2022 (arXiv:2202.09778) and Zhang and Chen 2022 (arXiv:2204.13902), after zju-pi's diff-sampler and ComfyUI. One evaluation per step.
/// </summary>
public sealed class IpndmSampler : ISampler
{
    /// <summary>Row n - 1 has the weights of order n, newest slope first.</summary>
    private static readonly double[][] _evenWeights =
    [
        [1],
        [3.0 / 2, -1.0 / 2],
        [23.0 / 12, -16.0 / 12, 5.0 / 12],
        [55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24],
    ];

    /// <inheritdoc/>
    public string Name => "ipndm";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Options => OptionTexts.Of(("max_order", MaxOrder, 4));

    /// <summary>How many slopes to use, 1 (Euler) to 4.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public int MaxOrder { get; init => field = OptionRange.Check("max_order", value, 1, 4); } = 4;

    /// <inheritdoc/>
    public void Sample(SamplerRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        SlopeMultistep.Sample(run, MaxOrder, (i, order) =>
        {
            double width = (double)run.Sigmas[i + 1] - run.Sigmas[i];
            return Array.ConvertAll(_evenWeights[order - 1], weight => weight * width);
        });
    }
}
