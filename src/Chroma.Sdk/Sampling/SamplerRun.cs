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
            throw new ArgumentException("The latent has no elements, so there is nothing to sample.", nameof(x));
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
    /// <param name="denoised">Where the model's guess of the clean latent goes, as long; must not overlap <paramref name="x"/>.</param>
    /// <exception cref="ArgumentException">A span has another length than <see cref="X"/>, both overlap, or the noise level is no number from 0.</exception>
    /// <exception cref="OperationCanceledException"><see cref="CancellationToken"/> was cancelled.</exception>
    public void Evaluate(ReadOnlySpan<float> x, float sigma, Span<float> denoised)
    {
        CheckLength(x.Length, nameof(x));
        CheckLength(denoised.Length, nameof(denoised));
        CheckLevel(sigma, nameof(sigma));
        if (x.Overlaps(denoised))
        {
            throw new ArgumentException("The latent and the model's guess must not overlap.", nameof(denoised));
        }

        CancellationToken.ThrowIfCancellationRequested();
        _denoiser(x, sigma, denoised);
    }

    /// <summary>Evaluates the model at the start of a step and reports the step: what most samplers do first.</summary>
    /// <param name="step">Which step, from 0.</param>
    /// <param name="x">The latent before the step.</param>
    /// <param name="sigma">Its noise level.</param>
    /// <param name="denoised">Where the model's guess goes.</param>
    /// <inheritdoc cref="Evaluate" path="/exception"/>
    public void EvaluateStep(int step, ReadOnlySpan<float> x, float sigma, Span<float> denoised)
    {
        CheckStep(step);
        Evaluate(x, sigma, denoised);
        Report(step, sigma, x, denoised);
    }

    /// <summary>Tells <see cref="OnStep"/> about a step.</summary>
    /// <param name="step">Which step, from 0.</param>
    /// <param name="sigma">The noise level at which it starts.</param>
    /// <param name="x">The latent to show.</param>
    /// <param name="denoised">The model's guess in this step.</param>
    /// <exception cref="ArgumentException">There is no such step, or a span has another length than <see cref="X"/>.</exception>
    public void Report(int step, float sigma, ReadOnlySpan<float> x, ReadOnlySpan<float> denoised)
    {
        CheckStep(step);
        CheckLength(x.Length, nameof(x));
        CheckLength(denoised.Length, nameof(denoised));
        OnStep?.Invoke(new SamplerStep(step, Steps, sigma, x, denoised));
    }

    /// <summary>Takes the next standard normal noise.</summary>
    /// <param name="destination">As long as the latent.</param>
    /// <param name="sigma">The noise level that the sampler comes from.</param>
    /// <param name="sigmaNext">The noise level that it goes to.</param>
    /// <exception cref="ArgumentException">The span has another length than <see cref="X"/>.</exception>
    /// <exception cref="InvalidOperationException">The run has no <see cref="Noise"/>.</exception>
    public void NextNoise(Span<float> destination, float sigma, float sigmaNext)
    {
        CheckLength(destination.Length, nameof(destination));
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
    /// <exception cref="ArgumentOutOfRangeException">It is not a number.</exception>
    public double PercentToSigma(double percent)
    {
        if (double.IsNaN(percent))
        {
            throw new ArgumentOutOfRangeException(nameof(percent), percent, "A part of the way must be a number.");
        }

        double t = 1 - Math.Clamp(percent, 0, 1);
        return Shift * t / (1 + ((Shift - 1) * t));
    }

    private void CheckLength(int length, string name)
    {
        if (length != X.Length)
        {
            throw new ArgumentException($"The span '{name}' has {length} elements, but the latent has {X.Length}.", name);
        }
    }

    private void CheckStep(int step)
    {
        if (step < 0 || step >= Steps)
        {
            throw new ArgumentOutOfRangeException(nameof(step), step, $"The run has the steps 0 to {Steps - 1}.");
        }
    }

    private static void CheckLevel(float sigma, string name)
    {
        if (!float.IsFinite(sigma) || sigma < 0)
        {
            throw new ArgumentOutOfRangeException(name, sigma, "A noise level must be a finite number from 0.");
        }
    }

    /// <summary>Refuses a list that is none of falling noise levels.</summary>
    internal static void CheckSigmas(ReadOnlySpan<float> sigmas)
    {
        if (sigmas.Length < 2)
        {
            throw new ArgumentException($"Sampling needs at least two sigmas, a start and an end, but got {sigmas.Length}.", nameof(sigmas));
        }

        for (int i = 0; i < sigmas.Length; i++)
        {
            float sigma = sigmas[i];
            if (!(sigma >= 0 && sigma <= LargestSigma))
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"Sigma {i} is {sigma}, but the noise levels of a flow model lie between 0 and 1."), nameof(sigmas));
            }

            if (i > 0 && sigma >= sigmas[i - 1])
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"Sigmas must fall, but sigma {i} is {sigma} after {sigmas[i - 1]}."), nameof(sigmas));
            }
        }
    }
}
