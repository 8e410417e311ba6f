using System.Collections;
using System.Globalization;

namespace Chroma.Imaging;

/// <summary>Numbers in their order, the same to the last bit as text too. Two lists are equal if they hold the same.</summary>
internal sealed class NumberList(IEnumerable<float> numbers) : IReadOnlyList<float>
{
    private readonly float[] _numbers = [.. numbers];

    public int Count => _numbers.Length;

    public float this[int index] => _numbers[index];

    /// <summary>Reads numbers with spaces between them; null where the text is something else.</summary>
    public static NumberList? Parse(string text)
    {
        string[] parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        float[] numbers = new float[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!float.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]))
            {
                return null;
            }
        }

        return numbers.Length == 0 ? null : new NumberList(numbers);
    }

    public IEnumerator<float> GetEnumerator() => _numbers.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override bool Equals(object? obj) => obj is NumberList other && _numbers.AsSpan().SequenceEqual(other._numbers);

    public override int GetHashCode() => _numbers.Aggregate(_numbers.Length, HashCode.Combine);

    public override string ToString() => string.Join(' ', _numbers.Select(number => number.ToString("R", CultureInfo.InvariantCulture)));
}
