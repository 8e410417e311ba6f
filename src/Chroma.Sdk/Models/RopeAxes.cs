using System.ComponentModel;
using Chroma.Configuration;

namespace Chroma.Models;

/// <summary>How many channels of an attention head rotate with each coordinate of a token. All are even, and their sum is the head's size.</summary>
/// <param name="Text">Channels for the text position, which is always 0 in Chroma.</param>
/// <param name="Row">Channels for the row of the picture.</param>
/// <param name="Column">Channels for the column of the picture.</param>
[TypeConverter(typeof(RopeAxesConverter))]
public readonly record struct RopeAxes(int Text, int Row, int Column)
{
    /// <summary>Chroma1's axes, for heads of 128 channels.</summary>
    public static RopeAxes Chroma1 { get; } = new(16, 56, 56);

    /// <summary>Whether all are even numbers from 0, and not all of them 0.</summary>
    internal bool IsSound => Text >= 0 && Row >= 0 && Column >= 0 && (Text | Row | Column) % 2 == 0 && (long)Text + Row + Column is > 0 and <= int.MaxValue;

    /// <summary>Reads axes.</summary>
    /// <param name="text">Three even numbers from 0 with commas between them, such as <c>16,56,56</c>.</param>
    /// <exception cref="ArgumentException">The text is something else.</exception>
    public static RopeAxes Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(',');
        int[] axes = new int[parts.Length];
        bool sound = parts.Length == 3;
        for (int i = 0; i < parts.Length; i++)
        {
            sound &= NumberText.TryParseWhole(parts[i], out Int128 axis) && axis >= 0 && axis <= ushort.MaxValue && axis % 2 == 0;
            axes[i] = sound ? (int)axis : 0;
        }

        return sound && axes.Sum() > 0
            ? new RopeAxes(axes[0], axes[1], axes[2])
            : throw new ArgumentException($"RoPE axes must be three even numbers such as 16,56,56, but are '{text}'.");
    }

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
