namespace Chroma.Cli.Streams;

/// <summary>A standard stream cannot be used. The message is a sentence that names it.</summary>
internal sealed class StandardStreamException : IOException
{
    public StandardStreamException()
    {
    }

    public StandardStreamException(string message)
        : base(message)
    {
    }

    public StandardStreamException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether it is a pipe whose reader has gone, which a reader may do: it has seen enough.</summary>
    public bool IsBrokenPipe { get; init; }
}
