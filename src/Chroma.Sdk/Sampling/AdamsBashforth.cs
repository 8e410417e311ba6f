namespace Chroma.Sampling;

/// <summary>
/// Weights of Adams-Bashforth methods on uneven steps: the integrals, over the coming step, of the Lagrange polynomials through the
/// last few times.
/// </summary>
internal static class AdamsBashforth
{
    /// <summary>
    /// The weights of the slopes at <c>times[step]</c>, <c>times[step - 1]</c> and so on, newest first, for the step from
    /// <c>times[step]</c> to <c>times[step + 1]</c>. The integral of each polynomial is exact.
    /// </summary>
    public static double[] Weights(ReadOnlySpan<float> times, int step, int order)
    {
        // u = (t - times[step]) / width turns the step into 0..1
        double start = times[step];
        double width = times[step + 1] - start;
        double[] nodes = new double[order];
        for (int k = 0; k < order; k++)
        {
            nodes[k] = (times[step - k] - start) / width;
        }

        double[] weights = new double[order];
        for (int j = 0; j < order; j++)
        {
            weights[j] = width * Integral(LagrangePolynomial(nodes, j));
        }

        return weights;
    }

    /// <summary>The coefficients, constant first, of the polynomial that is 1 at node j and 0 at the others.</summary>
    private static double[] LagrangePolynomial(ReadOnlySpan<double> nodes, int j)
    {
        double[] coefficients = new double[nodes.Length];
        coefficients[0] = 1;
        int degree = 0;
        for (int k = 0; k < nodes.Length; k++)
        {
            if (k == j)
            {
                continue;
            }

            double scale = 1 / (nodes[j] - nodes[k]);
            degree++;
            for (int power = degree; power >= 0; power--)
            {
                double lower = power > 0 ? coefficients[power - 1] : 0;
                coefficients[power] = scale * (lower - (nodes[k] * coefficients[power]));
            }
        }

        return coefficients;
    }

    private static double Integral(ReadOnlySpan<double> coefficients)
    {
        double sum = 0;
        for (int power = 0; power < coefficients.Length; power++)
        {
            sum += coefficients[power] / (power + 1);
        }

        return sum;
    }
}
