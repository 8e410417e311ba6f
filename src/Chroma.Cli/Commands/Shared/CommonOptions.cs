using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Chroma.Models;

namespace Chroma.Cli.Commands.Shared;

/// <summary>Options that several verbs have in common, so that they read and behave alike.</summary>
internal static class CommonOptions
{
    /// <summary>A path that stands without an option's name before it.</summary>
    /// <param name="name">What the help calls it.</param>
    /// <param name="description">What it is.</param>
    public static Argument<string> Path(string name, string description)
    {
        Argument<string> argument = new(name) { Description = description };
        argument.Validators.Add(result =>
        {
            // Whatever is left over lands here, and a mistyped option is no file.
            if (result.Tokens is [{ Value: ['-', '-', ..] text }])
            {
                result.AddError($"There is no option '{text}'.");
            }
        });
        return argument;
    }

    /// <summary><c>--threads</c>: CPU threads, 0 (one per physical core) to <see cref="ChromaEngineOptions.MaxThreads"/>.</summary>
    public static Option<int> Threads()
    {
        Option<int> option = new("--threads") { Description = "CPU threads; 0 is one per physical core." };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1
                && int.TryParse(result.Tokens[0].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int threads)
                && threads is < 0 or > ChromaEngineOptions.MaxThreads)
            {
                result.AddError($"The option --threads must be 0 to {ChromaEngineOptions.MaxThreads}, but is {threads}.");
            }
        });
        return option;
    }

    /// <summary><c>--device</c>: what to compute on.</summary>
    public static Option<string?> Device() =>
        new("--device") { Description = "A device such as CUDA0, or cpu. Left out, it is the first GPU that this build has, else the CPU." };

    /// <summary><c>--type</c>: what weights are converted to.</summary>
    /// <param name="description">What for.</param>
    /// <param name="targets">The types that are possible.</param>
    public static Option<WeightType> Type(string description, IReadOnlyList<WeightType> targets) => new("--type")
    {
        Description = $"{description}: {string.Join(", ", targets.Select(type => type.ToName()))}.",
        HelpName = "type",
        CustomParser = argument => ParseType(argument, targets),
    };

    /// <summary><c>--rope-axes</c>: what a transformer's shapes do not tell.</summary>
    public static Option<RopeAxes?> RopeAxes() => new("--rope-axes")
    {
        Description = "Head channels for text, row and column, such as 16,56,56, where the file does not say.",
        CustomParser = ParseRopeAxes,
    };

    private static WeightType ParseType(ArgumentResult argument, IReadOnlyList<WeightType> targets)
    {
        string name = argument.Tokens[0].Value;
        if (WeightTypes.TryParse(name, out WeightType type) && targets.Contains(type))
        {
            return type;
        }

        argument.AddError(
            $"The option --type must be one of {string.Join(", ", targets.Select(target => target.ToName()))}, but is '{name}'.");
        return default;
    }

    private static RopeAxes? ParseRopeAxes(ArgumentResult argument)
    {
        string text = argument.Tokens[0].Value;
        string[] parts = text.Split(',');
        int[] axes = new int[parts.Length];
        bool numbers = true;
        for (int i = 0; i < parts.Length; i++)
        {
            numbers &= int.TryParse(parts[i].AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out axes[i]);
        }

        if (numbers && axes is [int textAxis, int row, int column] && axes.All(axis => axis % 2 == 0) && axes.Any(axis => axis > 0))
        {
            return new Models.RopeAxes(textAxis, row, column);
        }

        argument.AddError($"The option --rope-axes must be three even numbers such as 16,56,56, but is '{text}'.");
        return null;
    }
}
