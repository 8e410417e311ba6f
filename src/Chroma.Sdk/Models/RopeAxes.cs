namespace Chroma.Models;

/// <summary>How many channels of an attention head rotate with each coordinate of a token. All are even, and their sum is the head's size.</summary>
/// <param name="Text">Channels for the text position, which is always 0 in Chroma.</param>
/// <param name="Row">Channels for the row of the picture.</param>
/// <param name="Column">Channels for the column of the picture.</param>
public readonly record struct RopeAxes(int Text, int Row, int Column)
{
    /// <summary>Chroma1's axes, for heads of 128 channels.</summary>
    public static RopeAxes Chroma1 { get; } = new(16, 56, 56);

    /// <summary>Whether all are even numbers from 0, and not all of them 0.</summary>
    internal bool IsSound => Text >= 0 && Row >= 0 && Column >= 0 && (Text | Row | Column) % 2 == 0 && (long)Text + Row + Column is > 0 and <= int.MaxValue;

    internal void Check(string name = "options")
    {
        foreach (int axis in (ReadOnlySpan<int>)[Text, Row, Column])
        {
            if (axis < 0 || axis % 2 != 0)
            {
                throw new ArgumentException($"RoPE axes must be even numbers from 0, but are {Text}, {Row}, {Column}.", name);
            }
        }

        if ((long)Text + Row + Column is 0 or > int.MaxValue)
        {
            throw new ArgumentException($"RoPE axes must sum up to the size of an attention head, but are {Text}, {Row}, {Column}.", name);
        }
    }
}
