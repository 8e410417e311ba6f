using Chroma.Noise;
using Chroma.Sampling;
using Chroma.Scheduling;

namespace Chroma.EndToEnd.Tests.Pipeline;

/// <summary>A sampler made of a function.</summary>
internal sealed class UserSampler(Action<SamplerRun> sample, string name = "users") : ISampler
{
    public string Name => name;

    public void Sample(SamplerRun run) => sample(run);
}

/// <summary>A scheduler made of a function from the number of steps.</summary>
internal sealed class UserScheduler(Func<int, float[]?> levels, string name = "users") : IScheduler
{
    public string Name => name;

    public float[] GetSigmas(int steps, SchedulerOptions? options = null) => levels(steps)!;
}

/// <summary>A noise generator made of a function.</summary>
internal sealed class UserNoise(SpanAction fill) : INoiseGenerator
{
    public void Fill(Span<float> destination) => fill(destination);
}

/// <summary>Writes to a span.</summary>
internal delegate void SpanAction(Span<float> destination);
