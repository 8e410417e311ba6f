using System.ComponentModel;
using Chroma.Configuration;

namespace Chroma.Scheduling;

/// <summary>
/// Chooses the noise levels (sigmas) that a sampler steps through. A flow model's sigma is also its time: 1 is pure noise, 0 the image.
/// Implementations keep no state: any number of threads may use one.
/// In a configuration it is a name that <see cref="Schedulers.Get"/> knows.
/// </summary>
[TypeConverter(typeof(SchedulerConverter))]
public interface IScheduler
{
    /// <summary>The name by which <see cref="Schedulers"/> and the command line know it, such as <c>sgm_uniform</c>.</summary>
    string Name { get; }

    /// <summary>Makes a schedule.</summary>
    /// <param name="steps">The number of steps, 1 to <see cref="SchedulerOptions.MaximumSteps"/>.</param>
    /// <param name="options">How levels are shifted towards noise; null for the scheduler's default.</param>
    /// <returns>
    /// Levels of [0, 1] that never rise and end with 0: the starts of the steps, then the end. There are steps + 1 of them, except
    /// that <c>beta</c> drops repeated levels and <c>ddim_uniform</c> may give one step more, as they do in ComfyUI.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The number of steps or an option is out of range, or the scheduler does not take it. The message names the option.
    /// </exception>
    float[] GetSigmas(int steps, SchedulerOptions? options = null);
}
