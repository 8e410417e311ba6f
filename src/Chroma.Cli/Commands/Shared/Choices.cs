using System.CommandLine;
using System.CommandLine.Parsing;

namespace Chroma.Cli.Commands.Shared;

/// <summary>Options whose value is one of a few words, in any case.</summary>
internal static class Choices
{
    /// <summary>An option that may be left out.</summary>
    public static Option<T?> Option<T>(string name, string description, params (string Word, T Value)[] choices)
        where T : struct => new(name)
        {
            Description = description,
            HelpName = string.Join('|', choices.Select(choice => choice.Word)),
            CustomParser = argument => Find(name, argument, choices) is int index and >= 0 ? choices[index].Value : null,
        };

    /// <summary>An option that gives the word itself, in the case in which it stands in the list.</summary>
    public static Option<string> Words(string name, string description, params string[] words) => new(name)
    {
        Description = description,
        HelpName = string.Join('|', words),
        CustomParser = argument => Find(name, argument, [.. words.Select(word => (word, word))]) is int index and >= 0 ? words[index] : null,
    };

    /// <summary>The sentence about a word that is not in a list.</summary>
    public static string Complaint(string name, string text, IReadOnlyList<string> words) =>
        $"The option {name} must be {(words.Count == 2 ? "" : "one of ")}{string.Join(words.Count == 2 ? " or " : ", ", words)}, but is '{text}'{Nearest.Question(text, words)}";

    private static int Find<T>(string name, ArgumentResult argument, (string Word, T Value)[] choices)
    {
        string text = argument.Text();
        int index = Array.FindIndex(choices, choice => choice.Word.Equals(text.Trim(), StringComparison.OrdinalIgnoreCase));
        if (index < 0)
        {
            argument.AddError(Complaint(name, text, [.. choices.Select(choice => choice.Word)]));
        }

        return index;
    }
}
