using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;

namespace Chroma.Cli.Commands.Shared;

/// <summary>What is wrong with a command line, as sentences.</summary>
internal static class UsageText
{
    /// <summary>The sentences about a command line that was not understood; none where it was.</summary>
    public static IReadOnlyList<string> Problems(ParseResult parsed)
    {
        if (parsed.Action is HelpAction)
        {
            return [];
        }

        List<string> problems = [.. MistypedOptions(parsed), .. Unknown(parsed)];
        problems.AddRange(Repeated(parsed));
        problems.AddRange(parsed.Errors
            .Where(error => problems.Count == 0 || !IsAboutWords(error))
            .Select(error => error.Message));
        return [.. problems.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Where to read more.</summary>
    public static string Hint(CommandResult command) => $"'{PathOf(command)} --help' lists what there is.";

    /// <summary>The sentence about an option that a verb does not have.</summary>
    public static string UnknownOption(Command verb, string text)
    {
        IEnumerable<string> known = verb.Options.Where(option => !option.Hidden).Select(option => option.Name).Append("--help");
        return $"There is no option '{text}'{Nearest.Question(text, known.Where(name => name.StartsWith("--", StringComparison.Ordinal)))}";
    }

    /// <summary>Whether a word looks like an option.</summary>
    public static bool LooksLikeOption(string text) => text.Length > 1 && text[0] == '-';

    // Whatever is left over is taken for a file's name, and a mistyped option is none; a file of such a name stands after "--".
    private static IEnumerable<string> MistypedOptions(ParseResult parsed) =>
        from argument in parsed.CommandResult.Children.OfType<ArgumentResult>()
        from token in argument.Tokens
        where LooksLikeOption(token.Value) && !parsed.Tokens.TakeWhile(before => before != token).Any(before => before.Type == TokenType.DoubleDash)
        select UnknownOption(parsed.CommandResult.Command, token.Value);

    // Words that belong nowhere are explained here; the parser's own sentences about them say less.
    private static IEnumerable<string> Unknown(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        bool afterOption = false;
        foreach (string word in parsed.UnmatchedTokens)
        {
            if (LooksLikeOption(word))
            {
                afterOption = true;
                yield return UnknownOption(command, word.Split('=', ':')[0]);
            }
            else if (command.Subcommands.Count > 0)
            {
                yield return $"There is no verb '{word}'{Nearest.Question(word, command.Subcommands.Select(verb => verb.Name))}";
                yield break; // what follows belongs to the verb
            }
            else if (!afterOption && !FollowsOption(parsed, word))
            {
                yield return $"'{word}' is one word too many{(command.Arguments.Count == 0 ? ": every value needs its option's name before it" : "")}.";
            }
            else
            {
                afterOption = false; // the value of the unknown option
            }
        }
    }

    // An unknown option may have been taken for a file's name, so that its value, or the file, is left over.
    private static bool FollowsOption(ParseResult parsed, string word)
    {
        for (int i = 1; i < parsed.Tokens.Count; i++)
        {
            if (parsed.Tokens[i].Value == word && parsed.Tokens[i - 1] is { Type: TokenType.Argument, Value: string before } && LooksLikeOption(before))
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<string> Repeated(ParseResult parsed) => parsed.CommandResult.Children.OfType<OptionResult>()
        .Where(option => option.IdentifierTokenCount > 1 && option.Option.Arity.MaximumNumberOfValues <= 1)
        .Select(option => $"The option {option.Option.Name} is given {option.IdentifierTokenCount} times: give it once.");

    private static bool IsAboutWords(ParseError error) =>
        error.Message.StartsWith("Unrecognized command or argument", StringComparison.Ordinal)
        || error.Message.StartsWith("Required command", StringComparison.Ordinal)
        || error.Message.Contains("expects a single argument", StringComparison.Ordinal);

    private static string PathOf(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{PathOf(parent)} {result.Command.Name}" : "chroma";
}
