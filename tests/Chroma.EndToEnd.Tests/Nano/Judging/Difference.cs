using Chroma.Imaging;

namespace Chroma.EndToEnd.Tests.Nano.Judging;

/// <summary>How different two pictures are.</summary>
public static class Difference
{
    /// <summary>What rounding may add up to, in another batch or with other weight types. Another seed is about 10 away, another prompt 100.</summary>
    public const double OfRounding = 3;

    /// <summary>The root of the mean square of all differences, in steps of one channel: 0 for the same picture, 255 for black and white.</summary>
    /// <param name="first">A picture.</param>
    /// <param name="second">A picture of the same size.</param>
    public static double Between(ChromaImage first, ChromaImage second)
    {
        ReadOnlySpan<byte> a = first.Pixels.Span, b = second.Pixels.Span;
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += (a[i] - b[i]) * (double)(a[i] - b[i]);
        }

        return Math.Sqrt(sum / a.Length);
    }

    /// <summary>The peak signal-to-noise ratio in decibels: infinite for the same picture; 38.6 where the difference is <see cref="OfRounding"/>.</summary>
    /// <param name="first">A picture.</param>
    /// <param name="second">A picture of the same size.</param>
    public static double PeakRatio(ChromaImage first, ChromaImage second) => 20 * Math.Log10(byte.MaxValue / Between(first, second));
}
