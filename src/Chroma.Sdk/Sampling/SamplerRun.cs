namespace Chroma.Sampling;

/// <summary>
/// One journey from noise to a latent: what a sampler starts from, and everything that it may ask for on the way.
/// Not thread-safe; make one for each run.
/// </summary>
public sealed class SamplerRun
{
    /// <summary>The shift factor e^1.15 = 3.158 of ComfyUI's Chroma (ModelSamplingFlux with mu = 1.15).</summary>
    public const double DefaultShift = 3.158192909689767;

    /// <summary>Schedules computed in float32 may pass 1 by a rounding error; anything more is no noise level of a flow model.</summary>
    private const float LargestSigma = 1 + 1e-5f;

    private readonly Denoiser _denoiser;
    private readonly float[] _sigmas;

    /// <summary>Prepares a run.</summary>
    /// <param name="x">The latent at the first noise level; it is updated in place and holds the result at the end.</param>
    /// <param name="sigmas">The noise levels: at least two, each below the one before, from at most 1 down to at least 0.</param>
    /// <param name="denoiser">The model.</param>
    /// <exception cref="ArgumentException">The latent is empty, or the noise levels are not such a list.</exception>
    public SamplerRun(Memory<float> x, ReadOnlySpan<float> sigmas, Denoiser denoiser)
    {
        ArgumentNullException.ThrowIfNull(denoiser);
        if (x.IsEmpty)
        {
            throw new ArgumentException("The latent has no elements, so there is nothing to sample.");
        }

        CheckSigmas(sigmas);
        X = x;
        _sigmas = sigmas.ToArray();
        _denoiser = denoiser;
    }

    /// <summary>The latent: the start before the run, the result after it.</summary>
    public Memory<float> X { get; }

    /// <summary>The noise levels, one more than there are steps, falling.</summary>
    public ReadOnlySpan<float> Sigmas => _sigmas;

    /// <summary>The number of steps.</summary>
    public int Steps => _sigmas.Length - 1;

    /// <summary>Where fresh noise comes from. Deterministic samplers do without.</summary>
    public ISamplerNoise? Noise { get; init; }

    /// <summary>Called once per step.</summary>
    public SamplerStepCallback? OnStep { get; init; }

    /// <summary>Looked at before every evaluation of the model.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>
    /// The model's time shift, e^mu or the static shift: it turns a percentage of the way into a noise level.
    /// Only samplers that speak of percentages use it (the SDE family's first sigma, the stochastic interval of sa_solver).
    /// </summary>
    /// <exception cref="ArgumentException">The value is not a positive number.</exception>
    public double Shift
    {
        get;
        init => field = double.IsFinite(value) && value > 0
            ? value
            : throw new ArgumentException(FormattableString.Invariant($"The shift must be a positive number, but is {value}."));
    } = DefaultShift;

    /// <summary>Makes a work buffer as long as the latent.</summary>
    public float[] NewBuffer() => new float[X.Length];

    /// <summary>Evaluates the model.</summary>
    /// <param name="x">A noisy latent as long as <see cref="X"/>.</param>
    /// <param name="sigma">Its noise level.</param>
    /// <param name="denoised">Where the model's guess of the clean latent goes; must not overlap <paramref name="x"/>.</param>
    /// <exception cref="OperationCanceledException"><see cref="CancellationToken"/> was cancelled.</exception>
    public void Evaluate(ReadOnlySpan<float> x, float sigma, Span<float> denoised)
    {
        CancellationToken.ThrowIfCancellationRequested();
        _denoiser(x, sigma, denoised);
    }

    /// <summary>Evaluates the model at the start of a step and reports the step: what most samplers do first.</summary>
    /// <param name="step">Which step, from 0.</param>
    /// <param name="x">The latent before the step.</param>
    /// <param name="sigma">Its noise level.</param>
    /// <param name="denoised">Where the model's guess goes.</param>
    /// <exception cref="OperationCanceledException"><see cref="CancellationToken"/> was cancelled.</exception>
    public void EvaluateStep(int step, ReadOnlySpan<float> x, float sigma, Span<float> denoised)
    {
        Evaluate(x, sigma, denoised);
        Report(step, sigma, x, denoised);
    }

    /// <summary>Tells <see cref="OnStep"/> about a step.</summary>
    /// <param name="step">Which step, from 0.</param>
    /// <param name="sigma">The noise level at which it starts.</param>
    /// <param name="x">The latent to show.</param>
    /// <param name="denoised">The model's guess in this step.</param>
    public void Report(int step, float sigma, ReadOnlySpan<float> x, ReadOnlySpan<float> denoised) =>
        OnStep?.Invoke(new SamplerStep(step, Steps, sigma, x, denoised));

    /// <summary>Takes the next standard normal noise.</summary>
    /// <param name="destination">As long as the latent.</param>
    /// <param name="sigma">The noise level that the sampler comes from.</param>
    /// <param name="sigmaNext">The noise level that it goes to.</param>
    /// <exception cref="InvalidOperationException">The run has no <see cref="Noise"/>.</exception>
    public void NextNoise(Span<float> destination, float sigma, float sigmaNext)
    {
        if (Noise is null)
        {
            throw new InvalidOperationException("The sampler adds noise along the way, but the run brings no source of noise.");
        }

        Noise.Fill(destination, sigma, sigmaNext);
    }

    /// <summary>
    /// The noise level after a part of the way, under <see cref="Shift"/>: shift · t / (1 + (shift - 1) · t) with t = 1 - percent.
    /// The formula is ComfyUI's ModelSamplingFlux and ModelSamplingDiscreteFlow, <c>percent_to_sigma</c>.
    /// </summary>
    /// <param name="percent">0 is the start (pure noise), 1 the end; values beyond mean the same as these.</param>
    public double PercentToSigma(double percent)
    {
        double t = 1 - Math.Clamp(percent, 0, 1);
        return Shift * t / (1 + ((Shift - 1) * t));
    }

    private static void CheckSigmas(ReadOnlySpan<float> sigmas)
    {
        if (sigmas.Length < 2)
        {
            throw new ArgumentException($"Sampling needs at least two sigmas, a start and an end, but got {sigmas.Length}.");
        }

        for (int i = 0; i < sigmas.Length; i++)
        {
            float sigma = sigmas[i];
            if (!(sigma >= 0 && sigma <= LargestSigma))
            {
                throw new ArgumentException(FormattableString.Invariant(
                    $"Sigma {i} is {sigma}, but the noise levels of a flow model lie between 0 and 1."));
            }

            if (i > 0 && sigma >= sigmas[i - 1])
            {
                throw new ArgumentException(FormattableString.Invariant(
                    $"Sigmas must fall, but sigma {i} is {sigma} after {sigmas[i - 1]}."));
            }
        }
    }
}
