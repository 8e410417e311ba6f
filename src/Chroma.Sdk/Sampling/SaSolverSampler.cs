using System.Numerics.Tensors;

namespace Chroma.Sampling;

/// <summary>
/// The stochastic Adams solver, <c>sa_solver</c> and <c>sa_solver_pece</c>: a multistep predictor and corrector of the reverse SDE, noisy in
/// the middle of the way only. Xue et al. 2023 (arXiv:2309.05019), after ComfyUI. One evaluation per step, two in PECE mode.
/// </summary>
/// <remarks>
/// As in ComfyUI a125cd84b054, whose runs the tests compare with, noise levels that do not end at 0 give the corrected
/// latent of the last level but one: the last prediction is thrown away.
/// </remarks>
public sealed class SaSolverSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => EvaluateCorrected ? "sa_solver_pece" : "sa_solver";

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Options => OptionTexts.Of(
        ("eta", Eta, 1),
        ("s_noise", NoiseScale, 1),
        ("sde_start_percent", StochasticFrom, 0.2),
        ("sde_end_percent", StochasticTo, 0.8),
        ("predictor_order", PredictorOrder, 3),
        ("corrector_order", CorrectorOrder, 4),
        ("simple_order_2", SimpleOrder2 ? 1 : 0, 0));

    /// <summary>How stochastic the path is inside the interval: 0 is the deterministic solver, 1 the reverse SDE. 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double Eta { get; init => field = OptionRange.Check("eta", value, 0, 100); } = 1;

    /// <summary>The part of the way at which noise begins, 0 to 1.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double StochasticFrom { get; init => field = OptionRange.Check("sde_start_percent", value, 0, 1); } = 0.2;

    /// <summary>The part of the way at which noise ends, 0 to 1.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double StochasticTo { get; init => field = OptionRange.Check("sde_end_percent", value, 0, 1); } = 0.8;

    /// <summary>A factor on the noise, 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double NoiseScale { get; init => field = OptionRange.Check("s_noise", value, 0, 100); } = 1;

    /// <summary>How many answers the predictor uses, 1 to 6.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public int PredictorOrder { get; init => field = OptionRange.Check("predictor_order", value, 1, 6); } = 3;

    /// <summary>How many answers the corrector uses, the newest included, 0 (no corrector) to 6.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public int CorrectorOrder { get; init => field = OptionRange.Check("corrector_order", value, 0, 6); } = 4;

    /// <summary>Whether the model is evaluated again at the corrected latent (predict, evaluate, correct, evaluate).</summary>
    public bool EvaluateCorrected { get; init; }

    /// <summary>Whether second-order steps use the simpler weights of the paper's appendix D.</summary>
    public bool SimpleOrder2 { get; init; }

    /// <inheritdoc/>
    public void Sample(SamplerRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        Span<float> x = run.X.Span;
        float[] sigmas = FlowMath.SigmasWithFiniteSnr(run);
        double[] lambdas = Array.ConvertAll(sigmas, sigma => FlowMath.HalfLogSnr(sigma));
        float[] predicted = x.ToArray();
        float[] noise = run.NewBuffer();
        History answers = new(Math.Max(PredictorOrder, CorrectorOrder), x.Length);
        bool endsAtZero = sigmas[^1] == 0;
        double tau = 0;
        for (int i = 0; i < run.Steps; i++)
        {
            float[] denoised = answers.Push();
            run.Evaluate(predicted, sigmas[i], denoised);
            run.Report(i, sigmas[i], predicted, denoised);
            bool last = sigmas[i + 1] == 0;

            int correctorOrder = i == 0 || (last && !EvaluateCorrected) ? 0 : Math.Min(CorrectorOrder, answers.Count);
            int predictorOrder = Math.Min(PredictorOrder, answers.Count);
            if (endsAtZero)
            {
                // fewer answers near the end, for stability
                correctorOrder = Math.Min(correctorOrder, run.Steps - i);
                predictorOrder = Math.Min(predictorOrder, run.Steps - 1 - i);
            }

            if (correctorOrder == 0)
            {
                predicted.CopyTo(x);
            }
            else
            {
                // x is still the latent of the step before, and noise and tau are those of its predictor
                StochasticAdams weights = new(sigmas, lambdas, i - 1, tau);
                Apply(x, x, weights.Keep, weights.Corrector(correctorOrder, SimpleOrder2), answers);
                if (tau > 0 && NoiseScale > 0)
                {
                    TensorPrimitives.Add(x, noise, x);
                }

                if (EvaluateCorrected)
                {
                    run.Evaluate(x, sigmas[i], denoised);
                }
            }

            if (last)
            {
                denoised.CopyTo(predicted, 0);
                continue;
            }

            tau = Tau(run, sigmas[i + 1]);
            StochasticAdams step = new(sigmas, lambdas, i, tau);
            Apply(predicted, x, step.Keep, step.Predictor(predictorOrder, SimpleOrder2), answers);
            if (tau > 0 && NoiseScale > 0)
            {
                run.NextNoise(noise, sigmas[i], sigmas[i + 1]);
                TensorPrimitives.Multiply(noise, (float)(step.NoiseDeviation * NoiseScale), noise);
                TensorPrimitives.Add(predicted, noise, predicted);
            }
        }

        if (endsAtZero)
        {
            predicted.CopyTo(x);
        }
    }

    private static void Apply(Span<float> destination, ReadOnlySpan<float> x, double keep, double[] weights, History answers)
    {
        TensorPrimitives.Multiply(x, (float)keep, destination);
        for (int age = 0; age < weights.Length; age++)
        {
            Blend.Add(destination, weights[age], answers[age]);
        }
    }

    private double Tau(SamplerRun run, float sigma) =>
        sigma <= run.PercentToSigma(StochasticFrom) && sigma >= run.PercentToSigma(StochasticTo) ? Eta : 0;
}
