using System.Globalization;

namespace Chroma.Cli.Commands.Shared;

/// <summary>Writes numbers where scripts read them.</summary>
internal static class JsonNumbers
{
    /// <summary>Writes one line: a JSON array with the shortest digits that give back the same float32.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="numbers">Finite numbers.</param>
    public static void WriteLine(TextWriter output, ReadOnlySpan<float> numbers)
    {
        // Standard output flushes at every write, so a large array goes out in pieces of some thousand characters.
        char[] buffer = new char[1 << 13];
        const int longest = 24;
        int used = 0;
        buffer[used++] = '[';
        for (int i = 0; i < numbers.Length; i++)
        {
            if (used > buffer.Length - longest)
            {
                output.Write(buffer, 0, used);
                used = 0;
            }

            if (i > 0)
            {
                buffer[used++] = ',';
            }

            _ = numbers[i].TryFormat(buffer.AsSpan(used), out int written, "R", CultureInfo.InvariantCulture);
            used += written;
        }

        output.Write(buffer, 0, used);
        output.Write("]\n");
    }
}
