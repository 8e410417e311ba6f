namespace Chroma.Noise;

/// <summary>
/// The float32 logarithm, sine and cosine of the Cephes library (Stephen L. Moshier, 1984-1992), rounded step by step as PyTorch's
/// vectorised normal distribution rounds them: polynomials in fused multiply-adds, other steps fused where its build fuses them.
/// The order of operations is the point of this class: a more exact logarithm would give other bits than PyTorch does.
/// </summary>
internal static class CephesSingle
{
    /// <summary>The natural logarithm of a positive normal number, within two units in the last place.</summary>
    internal static float Log(float x)
    {
        // x = 2^exponent * fraction, with the fraction between sqrt(1/2) and sqrt(2), less one.
        uint bits = BitConverter.SingleToUInt32Bits(x);
        float exponent = (int)(bits >> 23) - 126;
        float fraction = BitConverter.UInt32BitsToSingle((bits & 0x007FFFFFu) | 0x3F000000u);
        if (fraction < 0.707106781186547524f)
        {
            exponent -= 1f;
            fraction = fraction - 1f + fraction;
        }
        else
        {
            fraction -= 1f;
        }

        float square = fraction * fraction;
        float y = 7.0376836292e-2f;
        y = MathF.FusedMultiplyAdd(y, fraction, -1.1514610310e-1f);
        y = MathF.FusedMultiplyAdd(y, fraction, 1.1676998740e-1f);
        y = MathF.FusedMultiplyAdd(y, fraction, -1.2420140846e-1f);
        y = MathF.FusedMultiplyAdd(y, fraction, 1.4249322787e-1f);
        y = MathF.FusedMultiplyAdd(y, fraction, -1.6668057665e-1f);
        y = MathF.FusedMultiplyAdd(y, fraction, 2.0000714765e-1f);
        y = MathF.FusedMultiplyAdd(y, fraction, -2.4999993993e-1f);
        y = MathF.FusedMultiplyAdd(y, fraction, 3.3333331174e-1f);
        y *= fraction;

        // log(2) is split in two, so that its product with the exponent loses nothing.
        y = MathF.FusedMultiplyAdd(y, square, exponent * -2.12194440e-4f);
        y -= square * 0.5f;
        return MathF.FusedMultiplyAdd(exponent, 0.693359375f, fraction + y);
    }

    /// <summary>Sine and cosine of an angle between 0 and some thousands, within two units in the last place of 1.</summary>
    internal static (float Sin, float Cos) SinCos(float x)
    {
        // The nearest even multiple of pi/4, subtracted in three parts.
        int octant = ((int)(x * 1.27323954473516f) + 1) & ~1;
        float count = octant;
        x = MathF.FusedMultiplyAdd(count, -0.78515625f, x);
        x = MathF.FusedMultiplyAdd(count, -2.4187564849853515625e-4f, x);
        x = MathF.FusedMultiplyAdd(count, -3.77489497744594108e-8f, x);
        float square = x * x;

        float cosine = 2.443315711809948e-5f;
        cosine = MathF.FusedMultiplyAdd(cosine, square, -1.388731625493765e-3f);
        cosine = MathF.FusedMultiplyAdd(cosine, square, 4.166664568298827e-2f);
        cosine *= square;
        cosine = MathF.FusedMultiplyAdd(cosine, square, square * -0.5f) + 1f;

        float sine = -1.9515295891e-4f;
        sine = MathF.FusedMultiplyAdd(sine, square, 8.3321608736e-3f);
        sine = MathF.FusedMultiplyAdd(sine, square, -1.6666654611e-1f);
        sine *= square;
        sine = MathF.FusedMultiplyAdd(sine, x, x);

        if ((octant & 2) != 0)
        {
            (sine, cosine) = (cosine, sine);
        }

        return ((octant & 4) != 0 ? -sine : sine, ((octant - 2) & 4) == 0 ? -cosine : cosine);
    }
}
