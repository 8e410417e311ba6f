using System.Globalization;
using System.Numerics.Tensors;
using Chroma.Interop;
using Chroma.Sampling;

namespace Chroma;

/// <summary>
/// The model as a pipeline's samplers get it: what goes in and what comes out is finite, and what fails says at which step. A value that is no
/// number would otherwise spread until the picture is black.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="transformer">The transformer's file, for messages.</param>
/// <param name="sampler">The sampler's name, for messages.</param>
/// <param name="sigmas">The noise levels of the run.</param>
internal sealed class CheckedDenoiser(Denoiser model, string transformer, string sampler, float[] sigmas)
{
    /// <summary>What makes values infinite in files that are otherwise sound.</summary>
    public const string UsualCauses = "The usual causes are a damaged file, and weights beyond 65504 that were converted to f16.";

    /// <summary>Schedules computed in float32 may pass 1 by a rounding error.</summary>
    private const float LargestSigma = 1 + 1e-5f;

    private int _evaluations;

    /// <summary>See <see cref="Denoiser"/>.</summary>
    /// <exception cref="ArgumentException">The sampler brings a latent that is not finite, or a noise level that the model does not know.</exception>
    /// <exception cref="ChromaException">The model failed, or gave a value that is not finite.</exception>
    public void Denoise(ReadOnlySpan<float> x, float sigma, Span<float> denoised)
    {
        _evaluations++;
        if (!(sigma <= LargestSigma))
        {
            throw GenerationOptions.Fault(nameof(GenerationOptions.Sampler), string.Create(CultureInfo.InvariantCulture,
                $"In {StepOf(sigma)}, the sampler '{sampler}' asks for the noise level {sigma}, but the model knows 0 to 1; churn (s_churn) must leave the first steps alone."));
        }

        if (!TensorPrimitives.IsFiniteAll(x))
        {
            throw Unsound($"In {StepOf(sigma)}, the sampler '{sampler}' made a latent that is not finite.");
        }

        try
        {
            model(x, sigma, denoised);
        }
        catch (ChromaException error)
        {
            throw new ChromaException(error.Status, $"In {StepOf(sigma)}: {error.Message}");
        }

        if (!TensorPrimitives.IsFiniteAll(denoised))
        {
            throw new ChromaException(
                chroma_status.CHROMA_ERROR_FORMAT, $"In {StepOf(sigma)}, the transformer '{transformer}' gave a velocity that is not finite. {UsualCauses}");
        }
    }

    /// <summary>Checks what a sampler leaves.</summary>
    /// <param name="x">The latent after the last step.</param>
    /// <exception cref="ArgumentException">The sampler did not ask the model, or the latent is not finite.</exception>
    public void CheckResult(ReadOnlySpan<float> x)
    {
        if (_evaluations == 0)
        {
            throw GenerationOptions.Fault(nameof(GenerationOptions.Sampler), $"The sampler '{sampler}' never evaluated the model, so that what it leaves is no picture.");
        }

        if (!TensorPrimitives.IsFiniteAll(x))
        {
            throw Unsound($"After step {sigmas.Length - 1} of {sigmas.Length - 1}, the sampler '{sampler}' left a latent that is not finite.");
        }
    }

    /// <summary>The step in which a noise level is asked for: samplers of higher order ask for levels between those of the schedule, too.</summary>
    private string StepOf(float sigma)
    {
        int step = 1;
        while (step < sigmas.Length - 1 && sigmas[step] >= sigma)
        {
            step++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"step {step} of {sigmas.Length - 1}");
    }

    private static ArgumentException Unsound(string what) => GenerationOptions.Fault(
        nameof(GenerationOptions.Sampler),
        $"{what} The model's own answers were finite: the usual causes are the sampler's options, and a guidance or a schedule that is too steep for it.");
}
