namespace Chroma.Sampling;

/// <summary>
/// The weights of one step of the stochastic Adams solver (Xue et al. 2023, arXiv:2309.05019, equations 15 and 18), newest answer
/// first. Times are half log SNRs relative to the end of the step, u = lambda - lambda_end, which keeps the systems well conditioned.
/// </summary>
internal readonly struct StochasticAdams
{
    private readonly double[] _lambdas;
    private readonly int _start;
    private readonly double _alpha;
    private readonly double _rate;
    private readonly double _h;

    /// <summary>Plans the step from <c>sigmas[start]</c> to <c>sigmas[start + 1]</c>, which is above 0, with stochasticity tau.</summary>
    public StochasticAdams(float[] sigmas, double[] lambdas, int start, double tau)
    {
        _lambdas = lambdas;
        _start = start;
        _alpha = 1 - (double)sigmas[start + 1];
        _rate = 1 + (tau * tau);
        _h = lambdas[start + 1] - lambdas[start];
        Keep = (double)sigmas[start + 1] / sigmas[start] * Math.Exp(-tau * tau * _h);
        NoiseDeviation = sigmas[start + 1] * Math.Sqrt(-double.ExpM1(-2 * tau * tau * _h));
    }

    /// <summary>The factor on x.</summary>
    public double Keep { get; }

    /// <summary>The standard deviation of the noise to add.</summary>
    public double NoiseDeviation { get; }

    /// <summary>Weights of the answers at the start of the step and before it.</summary>
    public double[] Predictor(int order, bool simple)
    {
        if (simple && order == 2)
        {
            double older = _alpha * 0.5 * _rate * _h * _h / (_lambdas[_start - 1] - _lambdas[_start]);
            return [FirstOrder() - older, older];
        }

        return Weights(_start, order);
    }

    /// <summary>Weights of the answers at the end of the step and before it.</summary>
    public double[] Corrector(int order, bool simple)
    {
        if (simple && order == 2)
        {
            double newest = _alpha * 0.5 * _rate * _h;
            return [newest, FirstOrder() - newest];
        }

        return Weights(_start + 1, order);
    }

    private double FirstOrder() => -_alpha * double.ExpM1(-_rate * _h);

    /// <summary>
    /// Weights b with sum of b[k] · u[k]^p = alpha · rate · integral of e^(rate·u) u^p over the step, for every power p below the order:
    /// the integral is exact for the polynomial through the answers.
    /// </summary>
    private double[] Weights(int newest, int order)
    {
        double end = _lambdas[_start + 1];
        double[,] powers = new double[order, order];
        double[] integrals = new double[order];
        double decay = Math.Exp(-_rate * _h);
        double startPower = 1;
        for (int p = 0; p < order; p++)
        {
            // by parts: [e^(rate·u) u^p] - (p / rate) · (the same integral for p - 1); at u = 0 the bracket is 1 for p = 0, else 0
            double bracket = (p == 0 ? 1 : 0) - (startPower * decay);
            integrals[p] = _alpha * bracket;
            if (p > 0)
            {
                integrals[p] -= p / _rate * integrals[p - 1];
            }

            startPower *= -_h;
            for (int k = 0; k < order; k++)
            {
                powers[p, k] = Math.Pow(_lambdas[newest - k] - end, p);
            }
        }

        LinearSystem.Solve(powers, integrals);
        return integrals;
    }
}
