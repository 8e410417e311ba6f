using System.CommandLine;

namespace Chroma.Cli.Commands.Shared;

/// <summary>
/// Prepares a command line for the parser, so that what follows an option that takes a value is that value, whatever it looks like: a prompt may begin
/// with a hyphen, an at sign, or an option's name and a colon.
/// </summary>
internal static class CommandLine
{
    private const string EndOfOptions = "--";

    /// <summary>Ties values to their options.</summary>
    /// <param name="root">All verbs.</param>
    /// <param name="args">The command line without the program's name.</param>
    /// <exception cref="UsageException">An option that takes a value has none, or a switch has one.</exception>
    public static IReadOnlyList<string> Prepare(RootCommand root, IReadOnlyList<string> args)
    {
        Command? verb = args.Count == 0 ? null : root.Subcommands.FirstOrDefault(command => command.Name == args[0]);
        if (verb is null)
        {
            return args;
        }

        List<string> prepared = [args[0]];
        for (int i = 1; i < args.Count; i++)
        {
            if (args[i] == EndOfOptions)
            {
                prepared.AddRange(args.Skip(i));
                break;
            }

            (string name, string? value) = Split(args[i]);
            if (Find(verb, name) is not Option option)
            {
                prepared.Add(args[i]);
            }
            else if (option.ValueType == typeof(bool))
            {
                prepared.Add(Switch(args[i], name, value));
            }
            else if (value is not null)
            {
                Tie(prepared, name, value);
            }
            else if (option.AllowMultipleArgumentsPerToken || i + 1 == args.Count)
            {
                prepared.Add(args[i]);
            }
            else if (Find(verb, args[i + 1]) is not null)
            {
                throw new UsageException($"The option {name} has no value: the option {args[i + 1]} follows it. If that is the value, write {name}={args[i + 1]}.");
            }
            else
            {
                i++;
                Tie(prepared, name, args[i]);
            }
        }

        return prepared;
    }

    private static Option? Find(Command verb, string name) => verb.Options.FirstOrDefault(option => option.Name == name || option.Aliases.Contains(name));

    private static (string Name, string? Value) Split(string text)
    {
        int end = text.StartsWith('-') ? text.AsSpan().IndexOfAny('=', ':') : -1;
        return end < 0 ? (text, null) : (text[..end], text[(end + 1)..]);
    }

    private static string Switch(string text, string name, string? value) => value is null || bool.TryParse(value, out _)
        ? text
        : throw new UsageException($"The option {name} is a switch: it takes no value but true or false, and has '{value}'.");

    private static void Tie(List<string> prepared, string name, string value)
    {
        if (value.Length == 0)
        {
            // "--name=" would take the next word for its value
            prepared.Add(name);
            prepared.Add(value);
        }
        else
        {
            prepared.Add($"{name}={value}");
        }
    }
}
