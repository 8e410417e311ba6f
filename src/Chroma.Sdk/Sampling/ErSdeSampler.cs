namespace Chroma.Sampling;

/// <summary>
/// Extended reverse-time SDE solver, <c>er_sde</c>, of up to third order by the last answers. Cui et al. 2023 (arXiv:2309.06169), with the
/// noise scaling x · (e^(x^0.3) + 10) of its authors, after ComfyUI. One evaluation and one noise per step.
/// </summary>
public sealed class ErSdeSampler : ISampler
{
    private const int IntegrationPoints = 200;

    /// <inheritdoc/>
    public string Name => "er_sde";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Options => OptionTexts.Of(("s_noise", NoiseScale, 1), ("max_stage", MaxStage, 3));

    /// <summary>A factor on the noise, 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double NoiseScale { get; init => field = OptionRange.Check("s_noise", value, 0, 100); } = 1;

    /// <summary>The highest order, 1 to 3.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public int MaxStage { get; init => field = OptionRange.Check("max_stage", value, 1, 3); } = 3;

    /// <inheritdoc/>
    public void Sample(SamplerRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        Span<float> x = run.X.Span;
        float[] sigmas = FlowMath.SigmasWithFiniteSnr(run);
        double[] ratios = Array.ConvertAll(sigmas, sigma => sigma / (1 - (double)sigma));
        float[] noise = run.NewBuffer();
        History answers = new(2, x.Length);
        History slopes = new(2, x.Length);
        for (int i = 0; i < run.Steps; i++)
        {
            float[] denoised = answers.Push();
            run.EvaluateStep(i, x, sigmas[i], denoised);
            if (sigmas[i + 1] == 0)
            {
                denoised.CopyTo(x);
                continue;
            }

            double from = ratios[i];
            double to = ratios[i + 1];
            double alpha = 1 - (double)sigmas[i];
            double alphaNext = 1 - (double)sigmas[i + 1];
            double keep = Scale(to) / Scale(from);
            Blend.Set(x, alphaNext / alpha * keep, x, alphaNext * (1 - keep), denoised);

            int stage = Math.Min(MaxStage, i + 1);
            if (stage >= 2)
            {
                (double first, double second) = Integrals(from, to);
                float[] slope = slopes.Push();
                double span = from - ratios[i - 1];
                Blend.Set(slope, 1 / span, denoised, -1 / span, answers[1]);
                Blend.Add(x, alphaNext * (to - from + (first * Scale(to))), slope);
                if (stage >= 3)
                {
                    double weight = alphaNext * (((to - from) * (to - from) / 2) + (second * Scale(to))) / ((from - ratios[i - 2]) / 2);
                    Blend.Add(x, weight, slope);
                    Blend.Add(x, -weight, slopes[1]);
                }
            }

            if (NoiseScale > 0)
            {
                run.NextNoise(noise, sigmas[i], sigmas[i + 1]);
                double variance = Math.Max(0, (to * to) - (from * from * keep * keep));
                Blend.Add(x, alphaNext * NoiseScale * Math.Sqrt(variance), noise);
            }
        }
    }

    /// <summary>The authors' noise scaling of sigma / alpha.</summary>
    private static double Scale(double ratio) => ratio * (Math.Exp(Math.Pow(ratio, 0.3)) + 10);

    /// <summary>Left Riemann sums, from the step's end to its start, of 1 / scale and of (ratio - from) / scale.</summary>
    private static (double First, double Second) Integrals(double from, double to)
    {
        double width = (from - to) / IntegrationPoints;
        double first = 0;
        double second = 0;
        for (int k = 0; k < IntegrationPoints; k++)
        {
            double ratio = to + (k * width);
            double scale = Scale(ratio);
            first += 1 / scale;
            second += (ratio - from) / scale;
        }

        return (first * width, second * width);
    }
}
