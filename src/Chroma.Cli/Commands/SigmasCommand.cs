using System.CommandLine;
using Chroma.Cli.Commands.Shared;
using Chroma.Scheduling;

namespace Chroma.Cli.Commands;

/// <summary><c>chroma sigmas</c>: the noise levels of a schedule as a JSON array.</summary>
internal static class SigmasCommand
{
    public static Command Create()
    {
        Option<IScheduler?> scheduler = Names.Scheduler($"One of {string.Join(", ", Schedulers.All.Select(known => known.Name))}.");
        scheduler.Required = true;
        Option<int?> steps = Numbers.Whole("--steps", $"The number of steps, 1 to {SchedulerOptions.MaximumSteps}.", 1, SchedulerOptions.MaximumSteps);
        steps.Required = true;
        Option<double?> mu = Numbers.Real(
            "--mu",
            "The exponential shift, -20 to 20. ComfyUI's schedulers take 1.15 where nothing is given.",
            -SchedulerOptions.MaximumMu,
            SchedulerOptions.MaximumMu);
        Option<double?> shift = Numbers.Real(
            "--shift",
            "The static shift, 0.01 to 100. diffusers' schedulers (flow_match...) take 1 where nothing is given.",
            SchedulerOptions.MinimumShift,
            SchedulerOptions.MaximumShift);
        Option<int?> imageTokens = Numbers.Whole(
            "--image-tokens", "Takes mu from the size of the picture: width / 16 times height / 16.", 1, SchedulerOptions.MaximumImageTokens);
        Command command = new("sigmas", "Prints a schedule's noise levels as a JSON array, the last one 0.") { scheduler, steps, mu, shift, imageTokens };
        command.Validators.Add(result =>
        {
            string[] given = [.. new Option[] { mu, shift, imageTokens }
                .Where(option => result.Has(option)).Select(option => option.Name)];
            if (given.Length > 1)
            {
                result.AddError($"The options {string.Join(" and ", given)} exclude each other: give at most one of them.");
            }
        });
        command.SetAction(result =>
        {
            IScheduler chosen = result.GetRequiredValue(scheduler)!;
            ScheduleShift.Check(chosen, [mu, shift, imageTokens], result.CommandResult);
            SchedulerOptions options = new()
            {
                Mu = result.GetValue(mu),
                Shift = result.GetValue(shift),
                ImageTokens = result.GetValue(imageTokens),
            };
            float[] sigmas = UsageException.Check(() => chosen.GetSigmas(result.GetRequiredValue(steps)!.Value, options));
            JsonNumbers.WriteLine(result.InvocationConfiguration.Output, sigmas);
        });
        return command;
    }
}
