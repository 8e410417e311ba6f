namespace Chroma.Cli.Commands.Shared;

/// <summary>Finds the word that was meant.</summary>
internal static class Nearest
{
    /// <summary>The candidate that is closest to a text: one that it begins, or that a few wrong, missing or swapped letters make of it.</summary>
    /// <returns>Null where nothing is close.</returns>
    public static string? Of(string text, IEnumerable<string> candidates)
    {
        string key = Key(text);
        if (key.Length == 0)
        {
            return null;
        }

        (string Candidate, int Distance)[] ranked = [.. candidates.Select(candidate => (candidate, Distance(key, Key(candidate)))).OrderBy(pair => pair.Item2)];
        if (ranked is [(string best, int distance), ..] && distance <= Math.Max(1, key.Length / 3))
        {
            return best;
        }

        string[] begun = [.. ranked.Select(pair => pair.Candidate).Where(candidate => key.Length >= 2 && Key(candidate).StartsWith(key, StringComparison.Ordinal))];
        return begun.Length > 0 ? begun[0] : null;
    }

    /// <summary>The question at the end of a sentence, or its full stop.</summary>
    public static string Question(string text, IEnumerable<string> candidates) => Of(text, candidates) is string meant ? $"; did you mean '{meant}'?" : ".";

    private static string Key(string text) => string.Concat(text.Where(char.IsLetterOrDigit)).ToUpperInvariant();

    /// <summary>How many letters are to be changed, put in, taken out or swapped with their neighbour.</summary>
    private static int Distance(string a, string b)
    {
        int[,] cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    cost[i, j] = i + j;
                    continue;
                }

                int change = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(change, 1 + Math.Min(cost[i - 1, j], cost[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], 1 + cost[i - 2, j - 2]);
                }
            }
        }

        return cost[a.Length, b.Length];
    }
}
