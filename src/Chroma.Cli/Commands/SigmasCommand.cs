using System.CommandLine;
using Chroma.Cli.Commands.Shared;
using Chroma.Scheduling;

namespace Chroma.Cli.Commands;

/// <summary><c>chroma sigmas</c>: the noise levels of a schedule as a JSON array.</summary>
internal static class SigmasCommand
{
    public static Command Create()
    {
        Option<string> scheduler = new("--scheduler")
        {
            Description = $"One of {string.Join(", ", Schedulers.All.Select(known => known.Name))}.",
            Required = true,
        };
        Option<int> steps = new("--steps") { Description = "The number of steps, 1 to 10000.", Required = true };
        Option<double?> mu = new("--mu")
        {
            Description = "The exponential shift, -20 to 20. ComfyUI's schedulers take 1.15 where nothing is given.",
        };
        Option<double?> shift = new("--shift")
        {
            Description = "The static shift, 0.01 to 100. diffusers' schedulers (flow_match...) take 1 where nothing is given.",
        };
        Option<int?> imageTokens = new("--image-tokens")
        {
            Description = "Takes mu from the size of the picture: width / 16 times height / 16.",
        };
        Command command = new("sigmas", "Prints a schedule's noise levels as a JSON array, the last one 0.") { scheduler, steps, mu, shift, imageTokens };
        command.Validators.Add(result =>
        {
            string[] given = [.. new Option[] { mu, shift, imageTokens }
                .Where(option => result.GetResult(option) is { Implicit: false }).Select(option => option.Name)];
            if (given.Length > 1)
            {
                result.AddError($"The options {string.Join(" and ", given)} exclude each other: give at most one of them.");
            }
        });
        command.SetAction(result =>
        {
            SchedulerOptions options = new()
            {
                Mu = result.GetValue(mu),
                Shift = result.GetValue(shift),
                ImageTokens = result.GetValue(imageTokens),
            };
            float[] sigmas = Schedulers.Get(result.GetRequiredValue(scheduler)).GetSigmas(result.GetRequiredValue(steps), options);
            JsonNumbers.WriteLine(result.InvocationConfiguration.Output, sigmas);
        });
        return command;
    }
}
