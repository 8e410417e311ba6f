namespace Chroma.Tensors;

/// <summary>
/// A safetensors file that cannot be read or written. The message is one sentence that names the file, the tensor where there is
/// one, and what was expected.
/// </summary>
public sealed class SafetensorsException : IOException
{
    /// <summary>Makes an exception without a message of its own.</summary>
    public SafetensorsException()
    {
    }

    /// <summary>Makes an exception.</summary>
    /// <param name="message">What is wrong, as one sentence for the person who chose the file.</param>
    public SafetensorsException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception around the one that caused it.</summary>
    /// <param name="message">What is wrong, as one sentence for the person who chose the file.</param>
    /// <param name="innerException">The cause.</param>
    public SafetensorsException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
