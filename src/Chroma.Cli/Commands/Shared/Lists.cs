using System.CommandLine;
using System.CommandLine.Parsing;

namespace Chroma.Cli.Commands.Shared;

/// <summary>Options whose value is several, with commas between them: <c>--size 256,512</c>. Given twice, they have all values.</summary>
internal static class Lists
{
    /// <summary>Reads one value.</summary>
    /// <param name="text">What stands between two commas.</param>
    /// <param name="value">The value.</param>
    /// <returns>Null where it is sound, else what is expected, to follow "must be".</returns>
    public delegate string? Parse<T>(string text, out T value);

    /// <summary>An option; read it with <see cref="Given"/>.</summary>
    public static Option<T[]> Option<T>(string name, string description, Parse<T> parse) => new(name)
    {
        Description = description,
        CustomParser = argument => ParseAll(name, parse, argument),
    };

    /// <summary>The values of an option, null where it is not given: the parser makes an empty array of that.</summary>
    public static T[]? Given<T>(this ParseResult result, Option<T[]> option) => result.GetValue(option) is { Length: > 0 } values ? values : null;

    private static T[]? ParseAll<T>(string name, Parse<T> parse, ArgumentResult argument)
    {
        List<T> values = [];
        foreach (string part in argument.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries)))
        {
            if (parse(part, out T value) is string expected)
            {
                argument.AddError($"The option {name} must be {expected}, with commas between them, but has '{part}'.");
                return null;
            }

            if (!values.Contains(value))
            {
                values.Add(value);
            }
        }

        return [.. values];
    }
}
