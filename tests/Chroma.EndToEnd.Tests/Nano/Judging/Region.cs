namespace Chroma.EndToEnd.Tests.Nano.Judging;

/// <summary>Some of a picture's pixels.</summary>
public sealed class Region
{
    private readonly bool[] _pixels;

    private Region(int width, int height, bool[] pixels)
    {
        Width = width;
        Height = height;
        _pixels = pixels;
        Area = pixels.Count(inside => inside);
    }

    /// <summary>Pixels in a row of the picture.</summary>
    public int Width { get; }

    /// <summary>Rows of the picture.</summary>
    public int Height { get; }

    /// <summary>How many pixels belong to the region.</summary>
    public int Area { get; }

    /// <summary>The middle of the region, in pixels; of an empty one not a number.</summary>
    public (double X, double Y) Centre
    {
        get
        {
            (double x, double y) = (0, 0);
            for (int i = 0; i < _pixels.Length; i++)
            {
                if (_pixels[i])
                {
                    x += (i % Width) + 0.5;
                    y += (i / Width) + 0.5;
                }
            }

            return (x / Area, y / Area);
        }
    }

    /// <summary>Whether a pixel belongs to the region; beyond the picture's edge none does.</summary>
    /// <param name="x">The column.</param>
    /// <param name="y">The row.</param>
    public bool this[int x, int y] => x >= 0 && x < Width && y >= 0 && y < Height && _pixels[(y * Width) + x];

    /// <summary>The pixels for which something holds.</summary>
    /// <param name="width">Pixels in a row of the picture.</param>
    /// <param name="height">Rows of the picture.</param>
    /// <param name="holds">Asked about each column and row.</param>
    public static Region Where(int width, int height, Func<int, int, bool> holds)
    {
        bool[] pixels = new bool[width * height];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = holds(i % width, i / width);
        }

        return new Region(width, height, pixels);
    }

    /// <summary>Takes pixels off every edge but the picture's own, so that blurred edges and thin lines are gone.</summary>
    /// <param name="pixels">How many.</param>
    public Region Shrink(int pixels)
    {
        bool[] kept = _pixels;
        for (int i = 0; i < pixels; i++)
        {
            kept = ShrinkByOne(kept);
        }

        return new Region(Width, Height, kept);
    }

    /// <summary>The largest part whose pixels touch each other side by side; empty where the region is.</summary>
    public Region LargestPart()
    {
        bool[] left = [.. _pixels];
        List<int> largest = [];
        for (int i = 0; i < left.Length; i++)
        {
            if (left[i])
            {
                List<int> part = TakePart(left, i);
                largest = part.Count > largest.Count ? part : largest;
            }
        }

        bool[] pixels = new bool[left.Length];
        largest.ForEach(i => pixels[i] = true);
        return new Region(Width, Height, pixels);
    }

    private bool[] ShrinkByOne(bool[] pixels)
    {
        bool[] kept = new bool[pixels.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            int x = i % Width;
            kept[i] = pixels[i] && (x == 0 || pixels[i - 1]) && (x == Width - 1 || pixels[i + 1])
                && (i < Width || pixels[i - Width]) && (i >= pixels.Length - Width || pixels[i + Width]);
        }

        return kept;
    }

    // The pixels connected to one; they are taken away.
    private List<int> TakePart(bool[] left, int start)
    {
        List<int> part = [start];
        left[start] = false;
        for (int next = 0; next < part.Count; next++)
        {
            int i = part[next], x = i % Width;
            Take(x > 0, i - 1);
            Take(x < Width - 1, i + 1);
            Take(i >= Width, i - Width);
            Take(i < left.Length - Width, i + Width);
        }

        return part;

        void Take(bool exists, int i)
        {
            if (exists && left[i])
            {
                left[i] = false;
                part.Add(i);
            }
        }
    }
}
