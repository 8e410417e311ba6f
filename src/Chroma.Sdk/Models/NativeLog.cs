using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Chroma.Interop;
using Microsoft.Extensions.Logging;

namespace Chroma.Models;

/// <summary>Passes the native log's lines on to a logger.</summary>
internal static unsafe partial class NativeLog
{
    public const string Category = "Chroma.Native";

    /// <summary>The function to hand to C; its user_data is a <see cref="GCHandle"/> of an <see cref="ILogger"/>.</summary>
    public static delegate* unmanaged[Cdecl]<chroma_log_level, byte*, void*, void> Callback => &OnLine;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLine(chroma_log_level level, byte* line, void* userData)
    {
        try
        {
            Line((ILogger)GCHandle.FromIntPtr((nint)userData).Target!, LevelOf(level), NativeText.FromUtf8(line));
        }
#pragma warning disable CA1031 // a logger that throws must not take the process down, and there is no caller to tell
        catch (Exception)
        {
        }
#pragma warning restore CA1031
    }

    private static LogLevel LevelOf(chroma_log_level level) => level switch
    {
        chroma_log_level.CHROMA_LOG_ERROR => LogLevel.Error,
        chroma_log_level.CHROMA_LOG_WARNING => LogLevel.Warning,
        chroma_log_level.CHROMA_LOG_INFO => LogLevel.Information,
        _ => LogLevel.Debug,
    };

    [LoggerMessage(Message = "{Line}")]
    private static partial void Line(ILogger logger, LogLevel level, string line);
}
