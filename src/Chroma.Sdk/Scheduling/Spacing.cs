namespace Chroma.Scheduling;

/// <summary>Equally spaced numbers.</summary>
internal static class Spacing
{
    /// <summary>Float32, as <c>torch.linspace</c> makes them: from both ends to the middle.</summary>
    internal static float[] Linear(float start, float end, int count)
    {
        float[] values = new float[count];
        float distance = count > 1 ? (end - start) / (count - 1) : 0;
        for (int i = 0; i < count; i++)
        {
            values[i] = i < count / 2 || count == 1 ? start + (distance * i) : end - (distance * (count - 1 - i));
        }

        return values;
    }

    /// <summary>Float64, as <c>numpy.linspace</c> makes them: the last one is the end exactly; a single one is the start.</summary>
    internal static double[] Linear(double start, double end, int count)
    {
        double[] values = new double[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = i == count - 1 && i > 0 ? end : start + (i * ((end - start) / Math.Max(count - 1, 1)));
        }

        return values;
    }
}
