using System.CommandLine;
using System.CommandLine.Parsing;
using System.Numerics.Tensors;
using Chroma.Sampling;
using Chroma.Scheduling;

namespace Chroma.Cli.Commands.Shared;

/// <summary>Which schedulers and samplers a shift reaches.</summary>
internal static class ScheduleShift
{
    /// <summary>Refuses a shift that would change nothing.</summary>
    /// <param name="scheduler">The scheduler.</param>
    /// <param name="options">The options that shift.</param>
    /// <param name="given">What stands on the command line.</param>
    /// <param name="sampler">The sampler, which may use the shift by itself; null where nothing is sampled.</param>
    /// <exception cref="UsageException">An option is given and has no effect.</exception>
    public static void Check(IScheduler scheduler, IEnumerable<Option> options, CommandResult given, ISampler? sampler = null)
    {
        if (options.FirstOrDefault(option => given.Has(option)) is Option shift && !Moves(scheduler) && !(sampler is not null && Uses(sampler)))
        {
            throw new UsageException($"The scheduler '{scheduler.Name}' has fixed levels, so that {shift.Name} has no effect: leave it out.");
        }
    }

    /// <summary>Whether a scheduler's levels depend on the shift.</summary>
    private static bool Moves(IScheduler scheduler)
    {
        const int steps = 10;
        try
        {
            return !Levels(0.5).SequenceEqual(Levels(4));
        }
        catch (ArgumentException)
        {
            return false; // it takes none
        }

        float[] Levels(double shift) => scheduler.GetSigmas(steps, new SchedulerOptions { Shift = shift });
    }

    /// <summary>Whether a sampler takes the shift, to turn parts of the way into noise levels: found out by sampling with two shifts.</summary>
    private static bool Uses(ISampler sampler)
    {
        return Sample(0.5) != Sample(4);

        float Sample(double shift)
        {
            float[] x = [0.7f];
            SamplerRun run = new(x, [1, 0.75f, 0.5f, 0.25f, 0], (latent, _, denoised) => TensorPrimitives.Multiply(latent, 0.5f, denoised))
            {
                Shift = shift,
                Noise = new SameNoise(),
            };
            sampler.Sample(run);
            return x[0];
        }
    }

    private sealed class SameNoise : ISamplerNoise
    {
        public void Fill(Span<float> destination, float sigma, float sigmaNext) => destination.Fill(0.3f);
    }
}
