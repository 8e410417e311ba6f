using System.Numerics.Tensors;

namespace Chroma.Sampling;

/// <summary>The two step functions B(h) of UniPC.</summary>
public enum UniPcVariant
{
    /// <summary>B(h) = h, <c>bh1</c>.</summary>
    Bh1,

    /// <summary>B(h) = e^h - 1, <c>bh2</c>.</summary>
    Bh2,
}

/// <summary>
/// The unified predictor-corrector, <c>uni_pc</c> and <c>uni_pc_bh2</c>, of up to third order. Zhao et al. 2023 (arXiv:2302.04867), after
/// ComfyUI: it works on x / sqrt(1 + sigma²) with lambda = -ln sigma and stops at sigma 0.001 instead of 0. One evaluation per step,
/// because the corrector's answer serves the next predictor.
/// </summary>
/// <remarks>
/// ComfyUI computes 1 - alpha² in float32, which loses up to 3e-4 of the result near sigma 0; this is computed in double. A
/// run of one step, which ComfyUI returns unsampled, is one first-order step here.
/// </remarks>
public sealed class UniPcSampler : ISampler
{
    private const int MaxOrder = 3;
    private const float LastSigma = 0.001f;

    /// <inheritdoc/>
    public string Name => Variant == UniPcVariant.Bh2 ? "uni_pc_bh2" : "uni_pc";

    /// <summary>Which step function to use.</summary>
    /// <exception cref="ArgumentException">The value is none of the enumeration.</exception>
    public UniPcVariant Variant { get; init => field = OptionRange.Check("variant", value); }

    /// <inheritdoc/>
    public void Sample(SamplerRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        float[] sigmas = run.Sigmas.ToArray();
        if (sigmas[^1] == 0)
        {
            sigmas[^1] = LastSigma;
        }

        int maxOrder = Math.Clamp(run.Steps - 1, 1, MaxOrder);
        Span<float> x = run.X.Span;
        TensorPrimitives.Multiply(x, (float)Alpha(sigmas[0]), x);
        State state = new(run, x.Length, maxOrder);
        state.Evaluate(x, sigmas[0]);
        if (run.Steps > 1)
        {
            run.Report(0, run.Sigmas[0], x, state.Answer);
        }

        for (int i = 1; i < run.Steps; i++)
        {
            int order = i < maxOrder ? i : Math.Min(maxOrder, run.Steps + 1 - i);
            Advance(state, x, sigmas, i, order, correct: true);
            if (i < run.Steps - 1)
            {
                run.Report(i, run.Sigmas[i], x, state.Answer);
            }
        }

        Advance(state, x, sigmas, run.Steps, order: 1, correct: false);
        run.Report(run.Steps - 1, run.Sigmas[run.Steps - 1], x, state.Answer);
        TensorPrimitives.Divide(x, (float)Alpha(sigmas[^1]), x);
    }

    private static double Alpha(double sigma) => 1 / Math.Sqrt(1 + (sigma * sigma));

    /// <summary>Moves x to <c>sigmas[target]</c>; with correction, the model is evaluated there and x corrected by its answer.</summary>
    private void Advance(State state, Span<float> x, float[] sigmas, int target, int order, bool correct)
    {
        double sigma = sigmas[target - 1];
        double sigmaNext = sigmas[target];
        double alphaNext = Alpha(sigmaNext);
        double h = Math.Log(sigma / sigmaNext);
        double reach = alphaNext * (Variant == UniPcVariant.Bh1 ? -h : double.ExpM1(-h));

        // where the older answers lie, in widths of this step; the new answer lies at 1
        double[] nodes = new double[order];
        for (int k = 0; k < order - 1; k++)
        {
            nodes[k] = -Math.Log(sigmas[target - 2 - k] / sigma) / h;
        }

        nodes[order - 1] = 1;

        // the exact first-order step, common to predictor and corrector
        float[] answer = state.Answer;
        Blend.Set(x, sigmaNext * alphaNext / (sigma * Alpha(sigma)), x, -alphaNext * double.ExpM1(-h), answer);

        float[] predicted = state.Predicted;
        x.CopyTo(predicted);
        double[] weights = order == 2 ? [0.5] : Weights(nodes.AsSpan(0, order - 1), h);
        AddDifferences(predicted, weights, nodes, reach, state);
        if (!correct)
        {
            predicted.CopyTo(x);
            return;
        }

        weights = order == 1 ? [0.5] : Weights(nodes, h);
        AddDifferences(x, weights.AsSpan(0, order - 1), nodes, reach, state);
        state.Evaluate(predicted, (float)sigmaNext);
        Blend.Add(x, -reach * weights[^1], state.Answer);
        Blend.Add(x, reach * weights[^1], answer);
    }

    /// <summary>destination -= reach · sum of weights · (older answer - newest answer) / node.</summary>
    private static void AddDifferences(
        Span<float> destination, ReadOnlySpan<double> weights, double[] nodes, double reach, State state)
    {
        for (int k = 0; k < weights.Length; k++)
        {
            double factor = reach * weights[k] / nodes[k];
            Blend.Add(destination, -factor, state.Older(k));
            Blend.Add(destination, factor, state.Answer);
        }
    }

    /// <summary>Solves sum over k of weight[k] · node[k]^i = h phi_(i+1)(-h) · i! / B(h) for i = 1, 2, ... (section 3.2 of the paper).</summary>
    private double[] Weights(ReadOnlySpan<double> nodes, double h)
    {
        int n = nodes.Length;
        double[,] powers = new double[n, n];
        double[] right = new double[n];
        double b = Variant == UniPcVariant.Bh1 ? -h : double.ExpM1(-h);
        double phi = (double.ExpM1(-h) / -h) - 1;
        double factorial = 1;
        for (int i = 0; i < n; i++)
        {
            for (int k = 0; k < n; k++)
            {
                powers[i, k] = Math.Pow(nodes[k], i);
            }

            right[i] = phi * factorial / b;
            factorial *= i + 2;
            phi = (phi / -h) - (1 / factorial);
        }

        LinearSystem.Solve(powers, right);
        return right;
    }

    /// <summary>The model's last answers, and the buffers of one run.</summary>
    private sealed class State(SamplerRun run, int length, int maxOrder)
    {
        private readonly History _answers = new(maxOrder + 1, length);
        private readonly float[] _unscaled = new float[length];

        public float[] Predicted { get; } = new float[length];

        public float[] Answer => _answers[0];

        public float[] Older(int k) => _answers[k + 1];

        /// <summary>Asks the model about a latent in the solver's own scale.</summary>
        public void Evaluate(ReadOnlySpan<float> scaled, float sigma)
        {
            TensorPrimitives.Divide(scaled, (float)Alpha(sigma), _unscaled);
            run.Evaluate(_unscaled, sigma, _answers.Push());
        }
    }
}
