namespace Chroma.Sampling;

/// <summary>
/// What a sampler tells about one step, once the model has been evaluated for it. The spans are valid during the callback only.
/// </summary>
public readonly ref struct SamplerStep
{
    /// <summary>Describes a step.</summary>
    /// <param name="index">See <see cref="Index"/>.</param>
    /// <param name="steps">See <see cref="Steps"/>.</param>
    /// <param name="sigma">See <see cref="Sigma"/>.</param>
    /// <param name="x">See <see cref="X"/>.</param>
    /// <param name="denoised">See <see cref="Denoised"/>.</param>
    public SamplerStep(int index, int steps, float sigma, ReadOnlySpan<float> x, ReadOnlySpan<float> denoised)
    {
        Index = index;
        Steps = steps;
        Sigma = sigma;
        X = x;
        Denoised = denoised;
    }

    /// <summary>Which step, from 0.</summary>
    public int Index { get; }

    /// <summary>How many steps the run has.</summary>
    public int Steps { get; }

    /// <summary>The noise level at which the step starts.</summary>
    public float Sigma { get; }

    /// <summary>
    /// The latent before the step, exactly as ComfyUI's callback receives it, so that traces of both programs line up. That
    /// includes its exceptions: <c>ipndm</c>, <c>ipndm_v</c> and <c>deis</c> show the latent with which the run began, and
    /// <c>uni_pc</c> shows its own state after the step, divided by sqrt(1 + sigma²).
    /// </summary>
    public ReadOnlySpan<float> X { get; }

    /// <summary>The model's guess of the clean latent in this step: what a preview shows.</summary>
    public ReadOnlySpan<float> Denoised { get; }
}

/// <summary>Receives each step of a run, on the thread that samples.</summary>
/// <param name="step">The step; its spans must not be kept.</param>
public delegate void SamplerStepCallback(SamplerStep step);
