namespace Chroma.Cli.Commands.Shared;

/// <summary>The command line asks for something that there is not, or for what contradicts itself: exit code 2.</summary>
/// <param name="message">A sentence that names the option and says what is expected.</param>
internal sealed class UsageException(string message) : Exception(message)
{
    /// <summary>Runs what fails only where an option's value is wrong.</summary>
    /// <exception cref="UsageException">It failed; the message is that of the exception.</exception>
    public static T Check<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception error) when (IsWrongValue(error))
        {
            throw new UsageException(ErrorText.OneLine(error));
        }
    }

    /// <inheritdoc cref="Check{T}(Func{T})"/>
    public static async Task<T> CheckAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception error) when (IsWrongValue(error))
        {
            throw new UsageException(ErrorText.OneLine(error));
        }
    }

    private static bool IsWrongValue(Exception error) => error is ArgumentException or ChromaException { Kind: ChromaErrorKind.InvalidArgument };
}
