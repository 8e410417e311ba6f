using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Chroma.Configuration;

namespace Chroma.Cli.Commands.Shared;

/// <summary>Options whose value is a number. Every verb reads its numbers here, as <see cref="NumberText"/> does.</summary>
internal static class Numbers
{
    /// <summary>A whole number that may be left out.</summary>
    public static Option<int?> Whole(string name, string description, int least, int most, int step = 1) => new(name)
    {
        Description = description,
        HelpName = "number",
        CustomParser = argument => TryReadWhole(name, argument.Text(), least, most, step, argument.AddError, out Int128 value) ? (int)value : null,
    };

    /// <summary>A whole number that has a usual value.</summary>
    public static Option<int> WholeOr(string name, string description, int usual, int least, int most, int step = 1) => new(name)
    {
        Description = description,
        HelpName = "number",
        DefaultValueFactory = _ => usual,
        CustomParser = argument => TryReadWhole(name, argument.Text(), least, most, step, argument.AddError, out Int128 value) ? (int)value : usual,
    };

    /// <summary>A number that may be left out.</summary>
    public static Option<double?> Real(string name, string description, double least, double most) => new(name)
    {
        Description = description,
        HelpName = "number",
        CustomParser = argument => TryReadReal(name, argument.Text(), least, most, argument.AddError, out double value) ? value : null,
    };

    /// <summary>A number that has a usual value.</summary>
    public static Option<double> RealOr(string name, string description, double usual, double least, double most) => new(name)
    {
        Description = description,
        HelpName = "number",
        DefaultValueFactory = _ => usual,
        CustomParser = argument => TryReadReal(name, argument.Text(), least, most, argument.AddError, out double value) ? value : usual,
    };

    /// <summary><c>--seed</c>: 64 bits, signed or not.</summary>
    /// <param name="minusOneIsRandom">Whether -1 stands for a random seed, as in other programs.</param>
    /// <param name="description">What it is for.</param>
    public static Option<SeedChoice> Seed(bool minusOneIsRandom, string description)
    {
        const string name = "--seed";
        return new Option<SeedChoice>(name) { Description = description, HelpName = "number", CustomParser = Parse };

        SeedChoice Parse(ArgumentResult argument)
        {
            Int128 least = minusOneIsRandom ? -1 : long.MinValue;
            return TryReadWhole(name, argument.Text(), least, ulong.MaxValue, 1, argument.AddError, out Int128 seed) && !(minusOneIsRandom && seed == -1)
                ? new SeedChoice(unchecked((ulong)seed))
                : default;
        }
    }

    /// <summary>Reads a whole number, or says what is wrong.</summary>
    public static bool TryReadWhole(string name, string text, Int128 least, Int128 most, int step, Action<string> complain, out Int128 value)
    {
        if (NumberText.TryParseWhole(text, out value) && value >= least && value <= most && value % step == 0)
        {
            return true;
        }

        string kind = step > 1 ? $"a multiple of {step}" : "a whole number";
        complain($"The option {name} must be {kind} from {Plain(least)} to {Plain(most)}, but is '{text}'{Advice(NumberText.WhatWholeNumberWasMeant(text), Fits)}");
        return false;

        bool Fits(string meant) => NumberText.TryParseWhole(meant, out Int128 number) && number >= least && number <= most && number % step == 0;
    }

    /// <summary>Reads a number, or says what is wrong.</summary>
    public static bool TryReadReal(string name, string text, double least, double most, Action<string> complain, out double value)
    {
        if (NumberText.TryParse(text, out value) && value >= least && value <= most)
        {
            return true;
        }

        string range = double.IsPositiveInfinity(most)
            ? string.Create(CultureInfo.InvariantCulture, $"from {least}")
            : string.Create(CultureInfo.InvariantCulture, $"from {least} to {most}");
        complain($"The option {name} must be a number {range}, but is '{text}'{Advice(NumberText.WhatWasMeant(text), Fits)}");
        return false;

        bool Fits(string meant) => NumberText.TryParse(meant, out double number) && number >= least && number <= most;
    }

    /// <summary>The end of a sentence: how to write what was meant, where that would be right.</summary>
    public static string Advice(IEnumerable<string> meant, Func<string, bool> fits)
    {
        string[] right = [.. meant.Where(fits)];
        return right.Length == 0 ? "." : $": write {string.Join(" or ", right)}.";
    }

    /// <summary>The value of an option that takes one.</summary>
    public static string Text(this ArgumentResult argument) => argument.Tokens.Count == 0 ? "" : argument.Tokens[0].Value;

    private static string Plain(Int128 number) => number switch
    {
        _ when number == long.MinValue => "-2^63",
        _ when number == ulong.MaxValue => "2^64 - 1",
        _ => number.ToString(CultureInfo.InvariantCulture),
    };
}

/// <summary>A seed that was asked for.</summary>
/// <param name="Value">The seed; null for a random one.</param>
internal readonly record struct SeedChoice(ulong? Value);
