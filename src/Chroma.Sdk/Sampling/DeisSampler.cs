namespace Chroma.Sampling;

/// <summary>
/// The diffusion exponential integrator sampler in its tAB form, <c>deis</c>: Lagrange polynomials through the last slopes in the time of
/// a variance-preserving SDE. Zhang and Chen 2022 (arXiv:2204.13902), after zju-pi's diff-sampler and ComfyUI. One evaluation per step.
/// </summary>
public sealed class DeisSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "deis";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Options => OptionTexts.Of(("max_order", MaxOrder, 3));

    /// <summary>How many slopes to use, 1 (Euler) to 4.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public int MaxOrder { get; init => field = OptionRange.Check("max_order", value, 1, 4); } = 3;

    /// <inheritdoc/>
    public void Sample(SamplerRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        double[] times = new double[run.Sigmas.Length];
        for (int i = 0; i < times.Length; i++)
        {
            times[i] = DeisTime.FromSigma(run.Sigmas[i]);
        }

        SlopeMultistep.Sample(run, MaxOrder, (i, order) => order == 1
            ? [(double)run.Sigmas[i + 1] - run.Sigmas[i]]
            : DeisTime.Weights(times, i, order));
    }
}
