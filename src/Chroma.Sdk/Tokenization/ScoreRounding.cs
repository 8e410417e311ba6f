using System.Globalization;

namespace Chroma.Tokenization;

/// <summary>
/// Reads a score from decimal digits with the very rounding of Hugging Face's tokenizers, whose JSON reader (Rust's serde_json) takes the
/// digits as an integer, rounds that to float64, and divides by a power of ten: two roundings, so that about every third score
/// is one unit in the last place away from the nearest float64. In a long run of one character many paths have the same sum but for
/// rounding, and these last places decide between them.
/// </summary>
internal static class ScoreRounding
{
    /// <summary>10^308 is the largest power of ten in float64.</summary>
    private const int MaxPower = 308;

    /// <summary>Gives an exact score (one widened from float32) the value that it has after a trip through <c>tokenizer.json</c>.</summary>
    public static double ThroughJson(double score)
    {
        Span<byte> text = stackalloc byte[40];
        return double.IsFinite(score) && score.TryFormat(text, out int length, "R", CultureInfo.InvariantCulture)
            ? Parse(text[..length])
            : score;
    }

    /// <summary>Reads a JSON number.</summary>
    /// <param name="number">The number as it stands in the file; its form is not checked.</param>
    public static double Parse(ReadOnlySpan<byte> number)
    {
        bool negative = number.StartsWith("-"u8);
        ulong significand = 0;
        int exponent = 0;
        bool full = false;
        bool inFraction = false;
        int position = negative ? 1 : 0;
        for (; position < number.Length && number[position] is (byte)'.' or >= (byte)'0' and <= (byte)'9'; position++)
        {
            if (number[position] == '.')
            {
                inFraction = true;
                continue;
            }

            uint digit = (uint)(number[position] - '0');
            full |= significand > (ulong.MaxValue - digit) / 10;
            if (!full)
            {
                significand = (significand * 10) + digit;
                exponent -= inFraction ? 1 : 0;
            }
            else
            {
                exponent += inFraction ? 0 : 1;
            }
        }

        if (position < number.Length)
        {
            // What is left is e or E with a whole number, whose size only matters up to where the result is 0 or infinite.
            bool fits = int.TryParse(number[(position + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int power);
            power = fits ? power : number[position + 1] == '-' ? -9999 : 9999;
            exponent += Math.Clamp(power, -9999, 9999);
        }

        double value = significand;
        while (exponent < -MaxPower && value != 0)
        {
            value /= 1e308;
            exponent += MaxPower;
        }

        double scale = double.Parse(string.Create(CultureInfo.InvariantCulture, $"1e{Math.Abs(exponent)}"), CultureInfo.InvariantCulture);
        value = value == 0 ? 0 : exponent < 0 ? value / scale : value * scale;
        return negative ? -value : value;
    }
}
