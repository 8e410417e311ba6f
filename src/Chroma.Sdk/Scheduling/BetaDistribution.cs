namespace Chroma.Scheduling;

/// <summary>The beta distribution on [0, 1].</summary>
internal static class BetaDistribution
{
    /// <summary>The number below which a beta-distributed variable falls with the given probability, to about 1e-14 of itself.</summary>
    /// <param name="probability">0 to 1.</param>
    /// <param name="alpha">The first shape parameter, above 0.</param>
    /// <param name="beta">The second shape parameter, above 0.</param>
    internal static double Quantile(double probability, double alpha, double beta)
    {
        if (probability is <= 0 or >= 1)
        {
            return probability <= 0 ? 0 : 1;
        }

        if (probability == 0.5 && alpha == beta)
        {
            return 0.5; // Exactly, because a caller that rounds the answer to an entry of a table has a tie here.
        }

        // Near 1 the answer is more exact as 1 - x, which is what the mirrored distribution has near 0.
        return probability <= Cumulative(0.5, alpha, beta)
            ? QuantileInLowerHalf(probability, alpha, beta)
            : 1 - QuantileInLowerHalf(1 - probability, beta, alpha);
    }

    /// <summary>The probability of falling below x: the regularised incomplete beta function I_x(alpha, beta).</summary>
    internal static double Cumulative(double x, double alpha, double beta)
    {
        if (x is <= 0 or >= 1)
        {
            return x <= 0 ? 0 : 1;
        }

        // The fraction converges quickly below the mean, so above it the mirrored distribution is used.
        return x <= (alpha + 1) / (alpha + beta + 2)
            ? Prefix(x, alpha, beta) / alpha / ContinuedFraction(x, alpha, beta)
            : 1 - (Prefix(1 - x, beta, alpha) / beta / ContinuedFraction(1 - x, beta, alpha));
    }

    /// <summary>
    /// Halves an interval of bit patterns instead of numbers: those of positive doubles are ordered as the doubles are, so that tiny answers are
    /// found as exactly as large ones, in at most 62 steps and without a derivative that could lead astray.
    /// </summary>
    private static double QuantileInLowerHalf(double probability, double alpha, double beta)
    {
        long low = 0;
        long high = BitConverter.DoubleToInt64Bits(0.5);
        while (high - low > 1)
        {
            long middle = low + ((high - low) / 2);
            if (Cumulative(BitConverter.Int64BitsToDouble(middle), alpha, beta) < probability)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return BitConverter.Int64BitsToDouble(high);
    }

    /// <summary>x^alpha (1 - x)^beta / B(alpha, beta).</summary>
    private static double Prefix(double x, double alpha, double beta) => Math.Exp(
        (alpha * Math.Log(x)) + (beta * Math.Log(1 - x)) + LogGamma(alpha + beta) - LogGamma(alpha) - LogGamma(beta));

    /// <summary>
    /// The continued fraction 1 + d1/(1 + d2/(1 + ...)) of I_x, DLMF 8.17.22, evaluated by the modified method of Lentz (Thompson and
    /// Barnett, "Coulomb and Bessel functions of complex arguments and order", 1986).
    /// </summary>
    private static double ContinuedFraction(double x, double alpha, double beta)
    {
        const double tiny = 1e-300;
        const double enough = 1e-16;
        double value = 1, c = 1, d = 0;
        for (int i = 1; i <= 10_000; i++)
        {
            int m = i / 2;
            double coefficient = i % 2 == 0
                ? m * (beta - m) * x / ((alpha + i - 1) * (alpha + i))
                : -(alpha + m) * (alpha + beta + m) * x / ((alpha + i - 1) * (alpha + i));
            d = 1 + (coefficient * d);
            d = 1 / (Math.Abs(d) < tiny ? tiny : d);
            c = 1 + (coefficient / c);
            c = Math.Abs(c) < tiny ? tiny : c;
            value *= c * d;
            if (Math.Abs((c * d) - 1) <= enough)
            {
                break;
            }
        }

        return value;
    }

    /// <summary>
    /// ln of the gamma function for x > 0: its recurrence up to 15, then Stirling's series (DLMF 5.11.1), whose first left-out term is below
    /// 1e-16 there.
    /// </summary>
    private static double LogGamma(double x)
    {
        double product = 1;
        for (; x < 15; x++)
        {
            product *= x;
        }

        double inverse = 1 / x;
        double square = inverse * inverse;
        double series = inverse * ((1.0 / 12) - (square * ((1.0 / 360) - (square * ((1.0 / 1260) - (square * ((1.0 / 1680) - (square / 1188))))))));
        return ((x - 0.5) * Math.Log(x)) - x + (0.5 * Math.Log(Math.Tau)) + series - Math.Log(product);
    }
}
