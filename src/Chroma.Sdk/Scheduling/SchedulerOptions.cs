using System.Globalization;

namespace Chroma.Scheduling;

/// <summary>
/// How a schedule is shifted towards noise, which larger pictures need more of. At most one of the three is given; without any, each
/// scheduler has its own default.
/// </summary>
public sealed record SchedulerOptions
{
    /// <summary>The most steps of any schedule.</summary>
    public const int MaximumSteps = 10_000;

    /// <summary>The largest <see cref="Mu"/>; its negative is the smallest.</summary>
    public const double MaximumMu = 20;

    /// <summary>The smallest <see cref="Shift"/>.</summary>
    public const double MinimumShift = 0.01;

    /// <summary>The largest <see cref="Shift"/>.</summary>
    public const double MaximumShift = 100;

    /// <summary>The most <see cref="ImageTokens"/>: those of a picture of 4096 x 4096.</summary>
    public const int MaximumImageTokens = 65_536;

    /// <summary>
    /// The exponential shift: sigma = e^mu / (e^mu + 1/t - 1). -20 to 20. For ComfyUI's schedulers this is the "shift" of its
    /// ModelSamplingFlux (default 1.15); for diffusers' the mu of dynamic shifting.
    /// </summary>
    public double? Mu { get; init; }

    /// <summary>
    /// The static shift: sigma = shift t / (1 + (shift - 1) t). 0.01 to 100; 1 leaves levels as they are. For ComfyUI's schedulers this is
    /// the shift of its ModelSamplingAuraFlow and ModelSamplingSD3.
    /// </summary>
    public double? Shift { get; init; }

    /// <summary>
    /// The number of image tokens (width / 16 times height / 16), from which mu follows by <see cref="TimeShift.MuOfImageTokens"/>. 1 to
    /// 65,536, a picture of 4096 x 4096.
    /// </summary>
    public int? ImageTokens { get; init; }

    /// <summary>Mu, whether given or of the image tokens; null where neither is.</summary>
    internal double? EffectiveMu => ImageTokens is int tokens ? TimeShift.MuOfImageTokens(tokens) : Mu;

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">Two options contradict each other, or one is out of range.</exception>
    public void Validate()
    {
        Check("mu", Mu, -MaximumMu, MaximumMu);
        Check("shift", Shift, MinimumShift, MaximumShift);
        Check("image tokens", ImageTokens, 1, MaximumImageTokens);
        string[] given = [.. new[] { (Mu is null, "mu"), (Shift is null, "shift"), (ImageTokens is null, "image tokens") }
            .Where(option => !option.Item1).Select(option => option.Item2)];
        if (given.Length > 1)
        {
            throw new ArgumentException($"The options {string.Join(" and ", given)} exclude each other: give at most one of them.");
        }
    }

    /// <summary>Checks a number of steps.</summary>
    /// <exception cref="ArgumentException">It is less than 1 or more than <see cref="MaximumSteps"/>.</exception>
    public static void ValidateSteps(int steps) => Check("steps", steps, 1, MaximumSteps);

    private static void Check(string name, double? value, double least, double most)
    {
        if (value is double number && !(number >= least && number <= most))
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"The option '{name}' must lie between {least} and {most}, but is {number}."));
        }
    }
}
