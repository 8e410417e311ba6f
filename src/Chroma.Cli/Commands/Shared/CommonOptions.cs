using System.CommandLine;
using System.CommandLine.Parsing;
using Chroma.Models;

namespace Chroma.Cli.Commands.Shared;

/// <summary>Options that several verbs have in common, so that they read and behave alike.</summary>
internal static class CommonOptions
{
    /// <summary>A path that stands without an option's name before it.</summary>
    /// <param name="name">What the help calls it.</param>
    /// <param name="description">What it is.</param>
    public static Argument<string> Path(string name, string description) => new(name) { Description = description };

    /// <summary><c>--threads</c>: CPU threads, 0 (one per physical core) to <see cref="ChromaEngineOptions.MaxThreads"/>.</summary>
    public static Option<int> Threads() =>
        Numbers.WholeOr("--threads", "CPU threads; 0 is one per physical core.", 0, 0, ChromaEngineOptions.MaxThreads);

    /// <summary><c>--device</c>: what to compute on.</summary>
    public static Option<string?> Device() =>
        new("--device") { Description = "A device such as CUDA0, or cpu. Left out, it is the first GPU that this build has, else the CPU." };

    /// <summary><c>--rope-axes</c>: what a transformer's shapes do not tell.</summary>
    public static Option<RopeAxes?> RopeAxes() => new("--rope-axes")
    {
        Description = "Head channels for text, row and column, such as 16,56,56, where the file does not say.",
        HelpName = "numbers",
        CustomParser = ParseRopeAxes,
    };

    /// <summary><c>--text-mask</c>: what padding sees in T5.</summary>
    public static Option<TextMask?> TextMask() => Choices.Option(
        "--text-mask",
        "What padding sees in T5: key (default, diffusers), training (the training code) or none (ComfyUI).",
        ("key", Models.TextMask.Key),
        ("training", Models.TextMask.Training),
        ("none", Models.TextMask.None));

    /// <summary>Whether an option stands on the command line.</summary>
    public static bool Has(this SymbolResult result, Option option) => result.GetResult(option) is { Implicit: false };

    private static RopeAxes? ParseRopeAxes(ArgumentResult argument)
    {
        try
        {
            return Models.RopeAxes.Parse(argument.Text());
        }
        catch (ArgumentException)
        {
            argument.AddError($"The option --rope-axes must be three even numbers such as 16,56,56, but is '{argument.Text()}'.");
            return null;
        }
    }
}
