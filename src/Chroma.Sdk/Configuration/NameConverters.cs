using Chroma.Models;
using Chroma.Noise;
using Chroma.Sampling;
using Chroma.Scheduling;

namespace Chroma.Configuration;

/// <summary>A sampler by its name, with its default options.</summary>
internal sealed class SamplerConverter : TextConverter<ISampler>
{
    /// <inheritdoc/>
    protected override ISampler Parse(string text) => Samplers.BuiltIn.Create(text);
}

/// <summary>A scheduler by its name.</summary>
internal sealed class SchedulerConverter : TextConverter<IScheduler>
{
    /// <inheritdoc/>
    protected override IScheduler Parse(string text) => Schedulers.Get(text);
}

/// <summary>A noise generator by its name.</summary>
internal sealed class NoiseFactoryConverter : TextConverter<NoiseFactory>
{
    /// <inheritdoc/>
    protected override NoiseFactory Parse(string text) => NoiseGenerators.Get(text);
}

/// <summary>A weight type by its name, here or elsewhere.</summary>
internal sealed class WeightTypeConverter : TextConverter<WeightType>
{
    /// <inheritdoc/>
    protected override WeightType Parse(string text) => WeightTypes.Parse(text);
}

/// <summary>RoPE axes as <c>16,56,56</c>.</summary>
internal sealed class RopeAxesConverter : TextConverter<RopeAxes>
{
    /// <inheritdoc/>
    protected override RopeAxes Parse(string text) => RopeAxes.Parse(text);
}
