namespace Chroma.Sampling;

/// <summary>The two ways of DPM-Solver++(2M) SDE to use the previous answer.</summary>
public enum SdeSolverType
{
    /// <summary>The midpoint rule, <c>midpoint</c>.</summary>
    Midpoint,

    /// <summary>The trapezoid of Heun's method, <c>heun</c>.</summary>
    Heun,
}

/// <summary>
/// DPM-Solver++(2M) SDE, <c>dpmpp_2m_sde</c> and <c>dpmpp_2m_sde_heun</c>: one evaluation and one noise per step, second order by the
/// previous answer. Lu et al. 2022 (arXiv:2211.01095), after ComfyUI.
/// </summary>
public sealed class DpmPlusPlus2MSdeSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => SolverType == SdeSolverType.Heun ? "dpmpp_2m_sde_heun" : "dpmpp_2m_sde";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Options => OptionTexts.Of(("eta", Eta, 1), ("s_noise", NoiseScale, 1));

    /// <summary>How stochastic the path is: 0 is the deterministic solver, 1 the reverse SDE. 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double Eta { get; init => field = OptionRange.Check("eta", value, 0, 100); } = 1;

    /// <summary>A factor on the noise, 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double NoiseScale { get; init => field = OptionRange.Check("s_noise", value, 0, 100); } = 1;

    /// <summary>How the previous answer is used.</summary>
    /// <exception cref="ArgumentException">The value is none of the enumeration.</exception>
    public SdeSolverType SolverType { get; init => field = OptionRange.Check("solver_type", value); }

    /// <inheritdoc/>
    public void Sample(SamplerRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        Span<float> x = run.X.Span;
        float[] sigmas = FlowMath.SigmasWithFiniteSnr(run);
        float[] noise = run.NewBuffer();
        History answers = new(2, x.Length);
        double hLast = 0;
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
                double weight = SolverType == SdeSolverType.Heun ? step.Alpha * step.Phi2 : step.Take / 2;
                double slope = weight * step.H / hLast;
                Blend.Add(x, slope, denoised);
                Blend.Add(x, -slope, answers[1]);
            }

            step.AddNoise(run, x, NoiseScale, noise);
            hLast = step.H;
        }
    }
}
