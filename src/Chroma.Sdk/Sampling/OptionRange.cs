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

    private static ArgumentException Outside(string name, double value, double least, double greatest) =>
        new(double.IsPositiveInfinity(greatest)
            ? FormattableString.Invariant($"The option '{name}' must be at least {least}, but is {value}.")
            : FormattableString.Invariant($"The option '{name}' must lie between {least} and {greatest}, but is {value}."));
}
