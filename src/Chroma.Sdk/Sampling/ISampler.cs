using System.ComponentModel;
using Chroma.Configuration;

namespace Chroma.Sampling;

/// <summary>
/// A way to walk from noise to a picture along a falling list of noise levels.
/// Implement it to add a sampler; it needs nothing but the members of <see cref="SamplerRun"/>.
/// Samplers hold options only, never the state of a run, so one instance may serve many runs at once.
/// In a configuration it is a name that <see cref="SamplerCatalog.Create"/> knows.
/// </summary>
/// <example>
/// <code>
/// sealed class PlainEuler : ISampler
/// {
///     public string Name => "plain_euler";
///
///     public void Sample(SamplerRun run)
///     {
///         Span&lt;float&gt; x = run.X.Span;
///         float[] denoised = run.NewBuffer();
///         for (int i = 0; i &lt; run.Steps; i++)
///         {
///             run.EvaluateStep(i, x, run.Sigmas[i], denoised);
///             float keep = run.Sigmas[i + 1] / run.Sigmas[i];
///             TensorPrimitives.Subtract(x, denoised, x);
///             TensorPrimitives.MultiplyAdd(x, keep, denoised, x);
///         }
///     }
/// }
/// </code>
/// </example>
[TypeConverter(typeof(SamplerConverter))]
public interface ISampler
{
    /// <summary>The name under which users ask for it, as ComfyUI spells it where it has one: <c>dpmpp_2m</c>.</summary>
    string Name { get; }

    /// <summary>
    /// The options in which this sampler differs from what its <see cref="Name"/> alone stands for, as <see cref="SamplerCatalog.Create"/> takes them: pictures state
    /// them, so that they can be drawn again. None unless a sampler says otherwise.
    /// </summary>
    IReadOnlyDictionary<string, string> Options => OptionTexts.None;

    /// <summary>Runs every step; <see cref="SamplerRun.X"/> holds the result when it returns.</summary>
    /// <param name="run">What to sample: latent, noise levels, model, noise, callback and cancellation.</param>
    /// <exception cref="OperationCanceledException">The run's token was cancelled; x is left as it was at that moment.</exception>
    /// <exception cref="InvalidOperationException">The sampler needs noise and the run brings no source of it.</exception>
    void Sample(SamplerRun run);
}
