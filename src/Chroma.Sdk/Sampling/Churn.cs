namespace Chroma.Sampling;

/// <summary>
/// The "churn" of Karras et al. 2022 (arXiv:2206.00364, algorithm 2): before a step, raise the noise level a little and add the
/// noise that belongs to it. Off by default. It is a variance-exploding notion; ComfyUI applies it unchanged to flow models, and so
/// may hand the model a noise level above 1.
/// </summary>
public sealed class Churn
{
    /// <summary>No churn.</summary>
    public static Churn None { get; } = new();

    /// <summary>The total amount, spread over the steps; 0 switches it off. 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double Amount { get; init => field = OptionRange.Check("s_churn", value, 0, 100); }

    /// <summary>Steps that start below this noise level are left alone. At least 0.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double LeastSigma { get; init => field = OptionRange.Check("s_tmin", value, 0, double.PositiveInfinity); }

    /// <summary>Steps that start above this noise level are left alone. At least 0.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double GreatestSigma { get; init => field = OptionRange.Check("s_tmax", value, 0, double.PositiveInfinity); } = double.PositiveInfinity;

    /// <summary>A factor on the noise added. 0 to 100.</summary>
    /// <exception cref="ArgumentException">The value lies outside.</exception>
    public double NoiseScale { get; init => field = OptionRange.Check("s_noise", value, 0, 100); } = 1;

    /// <summary>What differs from <see cref="None"/>, under the names that <see cref="From"/> reads.</summary>
    internal IReadOnlyDictionary<string, string> Options => OptionTexts.Of(
        ("s_churn", Amount, 0), ("s_tmin", LeastSigma, 0), ("s_tmax", GreatestSigma, double.PositiveInfinity), ("s_noise", NoiseScale, 1));

    /// <summary>Reads <c>s_churn</c>, <c>s_tmin</c>, <c>s_tmax</c> and <c>s_noise</c>.</summary>
    internal static Churn From(SamplerOptions options) => new()
    {
        Amount = options.Number("s_churn", 0),
        LeastSigma = options.Number("s_tmin", 0),
        GreatestSigma = options.Number("s_tmax", double.PositiveInfinity),
        NoiseScale = options.Number("s_noise", 1),
    };

    /// <summary>Churns x, and returns the noise level that it has afterwards.</summary>
    /// <param name="run">Whose noise to use.</param>
    /// <param name="step">The step about to start.</param>
    /// <param name="x">The latent, changed in place.</param>
    /// <param name="noise">A work buffer.</param>
    internal double Apply(SamplerRun run, int step, Span<float> x, Span<float> noise)
    {
        double sigma = run.Sigmas[step];
        if (Amount == 0 || sigma < LeastSigma || sigma > GreatestSigma)
        {
            return sigma;
        }

        double gamma = Math.Min(Amount / run.Steps, Math.Sqrt(2) - 1);
        double raised = sigma * (1 + gamma);
        run.NextNoise(noise, (float)sigma, (float)raised);
        Blend.Add(x, NoiseScale * Math.Sqrt((raised * raised) - (sigma * sigma)), noise);
        return raised;
    }
}
