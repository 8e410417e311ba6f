using System.Diagnostics.CodeAnalysis;
using Chroma.Scheduling;

namespace Chroma.Sampling;

/// <summary>
/// What a sampler's name means. Programs write names in their own ways, and many put the scheduler behind the sampler: <c>Euler a</c>,
/// <c>DPM++ 2M Karras</c>, <c>euler_beta</c>, <c>DPMSolverMultistepScheduler</c>. This is the one place that knows them.
/// </summary>
/// <param name="Sampler">The name in <see cref="Samplers.BuiltIn"/>.</param>
/// <param name="Scheduler">The name in <see cref="Schedulers"/>, where the text names a scheduler too; otherwise null.</param>
public readonly record struct SamplerName(string Sampler, string? Scheduler = null)
{
    /// <summary>
    /// Understands a name: that of this library, AUTOMATIC1111's, ComfyUI's, k-diffusion's or InvokeAI's, or the class name of a scheduler of diffusers,
    /// each with or without a scheduler's name after it. Case, spaces, hyphens and underscores do not matter, and <c>++</c> is the same as <c>pp</c>.
    /// </summary>
    /// <param name="text">The name.</param>
    /// <param name="name">What it means.</param>
    /// <returns>Whether this library has such a sampler, and the scheduler too where one is named.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out SamplerName name)
    {
        name = default;
        return text is not null && SamplerAliases.TryFind(text, out name);
    }
}
