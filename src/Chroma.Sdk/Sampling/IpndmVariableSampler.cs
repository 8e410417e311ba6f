namespace Chroma.Sampling;

/// <summary>
/// <see cref="IpndmSampler"/> with weights for uneven steps, <c>ipndm_v</c>, after zju-pi's diff-sampler and ComfyUI. Its third and
/// fourth order differ from <see cref="LmsSampler"/>'s: the extrapolation there is damped. One evaluation per step.
/// </summary>
public sealed class IpndmVariableSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "ipndm_v";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Options => OptionTexts.Of(("max_order", MaxOrder, 4));

    /// <summary>How many slopes to use, 1 (Euler) to 4.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public int MaxOrder { get; init => field = OptionRange.Check("max_order", value, 1, 4); } = 4;

    /// <inheritdoc/>
    public void Sample(SamplerRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        SlopeMultistep.Sample(run, MaxOrder, (i, order) => Weights(run.Sigmas, i, order));
    }

    private static double[] Weights(ReadOnlySpan<float> sigmas, int i, int order)
    {
        // widths of this step and of the ones before it
        double h = (double)sigmas[i + 1] - sigmas[i];
        double h1 = order > 1 ? (double)sigmas[i] - sigmas[i - 1] : 0;
        double h2 = order > 2 ? (double)sigmas[i - 1] - sigmas[i - 2] : 0;
        double h3 = order > 3 ? (double)sigmas[i - 2] - sigmas[i - 3] : 0;
        if (order == 1)
        {
            return [h];
        }

        double ratio = h / h1;
        if (order == 2)
        {
            return [h * (1 + (ratio / 2)), h * -ratio / 2];
        }

        // what the third and the fourth slope add to the second-order weights
        double r12 = h1 / h2;
        double third = 1 - (h / (3 * (h + h1)) * (h * (h + h1)) / (h1 * (h1 + h2)));
        third /= 2;
        if (order == 3)
        {
            return [h * (1 + (ratio / 2) + third), h * ((-ratio / 2) - ((1 + r12) * third)), h * r12 * third];
        }

        double r23 = h1 * (h1 + h2) / (h2 * (h2 + h3));
        double fourth = ((1 - (h / (3 * (h + h1)))) / 2) + ((1 - (h / (2 * (h + h1)))) * h / (6 * (h + h1 + h2)));
        fourth *= h * (h + h1) * (h + h1 + h2) / (h1 * (h1 + h2) * (h1 + h2 + h3));
        return
        [
            h * (1 + (ratio / 2) + third + fourth),
            h * ((-ratio / 2) - ((1 + r12) * third) - ((1 + r12 + r23) * fourth)),
            h * ((r12 * third) + ((r12 + (r23 * (1 + (h2 / h3)))) * fourth)),
            h * -fourth * r23 * r12,
        ];
    }
}
