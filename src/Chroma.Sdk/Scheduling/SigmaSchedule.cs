using System.Globalization;

namespace Chroma.Scheduling;

/// <summary>What can be done with the levels that a scheduler gives.</summary>
public static class SigmaSchedule
{
    /// <summary>Checks levels that come from outside.</summary>
    /// <param name="sigmas">The levels.</param>
    /// <exception cref="ArgumentException">
    /// There are fewer than two, one is not a number of [0, 1] or rises above the one before, the first is 0 or the last is not. The message
    /// says which one.
    /// </exception>
    public static void Validate(ReadOnlySpan<float> sigmas)
    {
        if (sigmas.Length < 2)
        {
            throw new ArgumentException($"A schedule needs at least two sigmas, a start and the 0 at the end, but there are {sigmas.Length}.");
        }

        for (int i = 0; i < sigmas.Length; i++)
        {
            if (!(sigmas[i] >= 0 && sigmas[i] <= 1))
            {
                throw Wrong(sigmas, i, "must lie between 0 and 1");
            }

            if (i > 0 && sigmas[i] > sigmas[i - 1])
            {
                throw Wrong(sigmas, i, "must not be above the one before it");
            }
        }

        if (sigmas[0] == 0)
        {
            throw Wrong(sigmas, 0, "must be above 0");
        }

        if (sigmas[^1] != 0)
        {
            throw Wrong(sigmas, sigmas.Length - 1, "must be 0, because it is the last");
        }
    }

    /// <summary>
    /// Removes the level before the end. ComfyUI asks a scheduler for one step more than wanted and then does this when the sampler is dpm_2,
    /// dpm_2_ancestral or uni_pc.
    /// </summary>
    /// <param name="sigmas">At least two levels.</param>
    /// <exception cref="ArgumentException">There are fewer than two.</exception>
    public static float[] DiscardPenultimate(ReadOnlySpan<float> sigmas) => sigmas.Length >= 2
        ? [.. sigmas[..^2], sigmas[^1]]
        : throw new ArgumentException($"There must be at least two sigmas to remove the last but one, but there are {sigmas.Length}.");

    private static ArgumentException Wrong(ReadOnlySpan<float> sigmas, int index, string rule) =>
        new(string.Create(CultureInfo.InvariantCulture, $"Sigma {index} of the schedule {rule}, but is {sigmas[index]}."));
}
