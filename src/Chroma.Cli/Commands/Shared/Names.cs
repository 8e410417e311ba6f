using System.CommandLine;
using System.CommandLine.Parsing;
using Chroma.Models;
using Chroma.Sampling;
using Chroma.Scheduling;

namespace Chroma.Cli.Commands.Shared;

/// <summary>A weight type that was asked for by name.</summary>
/// <param name="Type">The type.</param>
/// <param name="Remark">What whoever asked must know about it, as a sentence for standard error; null where it is what its name says.</param>
internal sealed record TargetType(WeightType Type, string? Remark);

/// <summary>Options whose value is the name of a sampler, a scheduler or a weight type, here or elsewhere.</summary>
internal static class Names
{
    /// <summary><c>--sampler</c>.</summary>
    public static Option<SamplerName?> Sampler(string description)
    {
        const string name = "--sampler";
        return new Option<SamplerName?>(name) { Description = description, HelpName = "name", CustomParser = Parse };

        SamplerName? Parse(ArgumentResult argument)
        {
            string text = argument.Text();
            if (SamplerName.TryParse(text, out SamplerName sampler))
            {
                return sampler;
            }

            argument.AddError(Schedulers.TryGet(text, out IScheduler? scheduler)
                ? $"'{text}' is a scheduler, not a sampler: write --scheduler {scheduler.Name}."
                : $"There is no sampler '{text}'{Nearest.Question(text, Samplers.BuiltIn.Names)} The samplers are {string.Join(", ", Samplers.BuiltIn.Names)}.");
            return null;
        }
    }

    /// <summary><c>--scheduler</c>.</summary>
    public static Option<IScheduler?> Scheduler(string description)
    {
        const string name = "--scheduler";
        return new Option<IScheduler?>(name) { Description = description, HelpName = "name", CustomParser = Parse };

        IScheduler? Parse(ArgumentResult argument)
        {
            string text = argument.Text();
            if (Schedulers.TryGet(text, out IScheduler? scheduler))
            {
                return scheduler;
            }

            string[] names = [.. Schedulers.All.Select(known => known.Name)];
            argument.AddError(SamplerName.TryParse(text, out SamplerName sampler)
                ? $"'{text}' is a sampler, not a scheduler: write --sampler {sampler.Sampler}."
                : $"There is no scheduler '{text}'{Nearest.Question(text, names)} The schedulers are {string.Join(", ", names)}.");
            return null;
        }
    }

    /// <summary><c>--type</c>: what weights are converted to.</summary>
    /// <param name="description">What for.</param>
    public static Option<TargetType?> Type(string description) => new("--type")
    {
        Description = $"{description}: {string.Join(", ", WeightTypes.Targets.Select(type => type.ToName()))}.",
        HelpName = "type",
        CustomParser = argument => ParseType(argument.Text(), out TargetType? type) is string problem ? Refuse(argument, problem) : type,
    };

    /// <summary>Reads a weight type.</summary>
    /// <returns>Null where there is one, else the sentence that says why not.</returns>
    public static string? ParseType(string text, out TargetType? type)
    {
        bool known = WeightTypes.TryParseTarget(text.Trim(), out WeightType found, out string? remark);
        type = known ? new TargetType(found, remark) : null;
        return known ? null : $"--type: {remark}";
    }

    /// <summary>Whether each weight has a floating-point number of its own.</summary>
    public static bool IsFloat(this WeightType type) => type is WeightType.F32 or WeightType.F16 or WeightType.BF16;

    /// <summary>Says what a type is not, where it is not quite what its name says.</summary>
    public static async Task RemarkAsync(this TextWriter error, TargetType? type)
    {
        if (type?.Remark is string remark)
        {
            await error.WriteLineAsync(remark);
        }
    }

    private static TargetType? Refuse(ArgumentResult argument, string problem)
    {
        argument.AddError(problem);
        return null;
    }
}
