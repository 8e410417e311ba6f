namespace Chroma.Sampling;

/// <summary>
/// DPM-Solver++(3M) SDE, <c>dpmpp_3m_sde</c>: one evaluation and one noise per step, third order by the last two answers.
/// Lu et al. 2022 (arXiv:2211.01095), after k-diffusion and ComfyUI.
/// </summary>
public sealed class DpmPlusPlus3MSdeSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "dpmpp_3m_sde";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Options => OptionTexts.Of(("eta", Eta, 1), ("s_noise", NoiseScale, 1));

    /// <summary>How stochastic the path is: 0 is the deterministic solver, 1 the reverse SDE. 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double Eta { get; init => field = OptionRange.Check("eta", value, 0, 100); } = 1;

    /// <summary>A factor on the noise, 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double NoiseScale { get; init => field = OptionRange.Check("s_noise", value, 0, 100); } = 1;

    /// <inheritdoc/>
    public void Sample(SamplerRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        Span<float> x = run.X.Span;
        float[] sigmas = FlowMath.SigmasWithFiniteSnr(run);
        float[] noise = run.NewBuffer();
        History answers = new(3, x.Length);
        double h1 = 0;
        double h2 = 0;
        for (int i = 0; i < run.Steps; i++)
        {
            float[] denoised = answers.Push();
            run.EvaluateStep(i, x, sigmas[i], denoised);
            if (sigmas[i + 1] == 0)
            {
                denoised.CopyTo(x);
                continue;
            }

            ReverseSdeStep step = new(sigmas[i], sigmas[i + 1], Eta);
            Blend.Set(x, step.Keep, x, step.Take, denoised);
            if (i > 0)
            {
                // divided differences in units of this step: (d0 - d1) / r0 and (d1 - d2) / r1
                double r0 = h1 / step.H;
                double slope0 = step.Alpha * step.Phi2;
                double slope1 = 0;
                if (i > 1)
                {
                    double r1 = h2 / step.H;
                    double curvature = ((step.Alpha * step.Phi2 * r0) - (step.Alpha * step.Phi3)) / (r0 + r1);
                    slope0 += curvature;
                    slope1 = -curvature / r1;
                }

                slope0 /= r0;
                Blend.Add(x, slope0, denoised);
                Blend.Add(x, slope1 - slope0, answers[1]);
                if (i > 1)
                {
                    Blend.Add(x, -slope1, answers[2]);
                }
            }

            step.AddNoise(run, x, NoiseScale, noise);
            h2 = h1;
            h1 = step.H;
        }
    }
}
