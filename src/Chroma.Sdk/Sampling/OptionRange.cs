namespace Chroma.Sampling;

/// <summary>Checks the values that samplers are given, with messages that use the options' public names.</summary>
internal static class OptionRange
{
    /// <summary>Gives the value back if it lies between the limits, both included.</summary>
    /// <exception cref="ArgumentException">It does not, or is not a number.</exception>
    public static double Check(string name, double value, double least, double greatest) =>
        value >= least && value <= greatest ? value : throw Outside(name, value, least, greatest);

    /// <summary>Gives the value back if it lies between the limits, both included.</summary>
    /// <exception cref="ArgumentException">It does not.</exception>
    public static int Check(string name, int value, int least, int greatest) =>
        value >= least && value <= greatest ? value : throw Outside(name, value, least, greatest);

    /// <summary>Gives the value back if its enumeration has it.</summary>
    /// <exception cref="ArgumentException">It does not.</exception>
    public static T Check<T>(string name, T value)
        where T : struct, Enum => Enum.IsDefined(value)
        ? value
        : throw new ArgumentException($"The option '{name}' must be one of {string.Join(", ", Enum.GetNames<T>())}, but is {value}.");

    private static ArgumentException Outside(string name, double value, double least, double greatest) =>
        new(double.IsPositiveInfinity(greatest)
            ? FormattableString.Invariant($"The option '{name}' must be at least {least}, but is {value}.")
            : FormattableString.Invariant($"The option '{name}' must lie between {least} and {greatest}, but is {value}."));
}
