using System.Text.Json;
using Chroma.Interop;

namespace Chroma.Cli.Commands.Shared;

/// <summary>Which exceptions are a user's business, and how they read on a terminal.</summary>
internal static class ErrorText
{
    /// <summary>
    /// Whether an exception says that something given is wrong or missing, so that its message is the answer. Anything else is a defect
    /// in this program, and its stack trace is worth more.
    /// </summary>
    public static bool IsExpected(Exception exception) => exception
        is ChromaException
        or IOException
        or UnauthorizedAccessException
        or ArgumentException
        or InvalidDataException
        or InvalidOperationException
        or FormatException
        or JsonException
        or NotSupportedException
        or OutOfMemoryException
        or DllNotFoundException
        or BadImageFormatException;

    /// <summary>The message in one line, without the parameter's name that .NET puts behind it.</summary>
    public static string OneLine(Exception exception)
    {
        string message = exception.Message;
        if (exception is ArgumentException { ParamName: { Length: > 0 } name })
        {
            message = message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal);
        }

        return message.ReplaceLineEndings(" ").Trim();
    }
}
