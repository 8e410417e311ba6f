using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Chroma.Models;

/// <summary>Strings as the C ABI has them: UTF-8, null-terminated.</summary>
internal static unsafe class NativeText
{
    /// <summary>The text's bytes with the null at the end.</summary>
    /// <exception cref="ArgumentException">The text is empty, or holds a null itself, so that C would see less of it.</exception>
    public static byte[] ToUtf8(string text, [CallerArgumentExpression(nameof(text))] string? name = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(text, name);
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("The text has a null character in it.", name);
        }

        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    /// <summary>Text from C; a null pointer is empty text.</summary>
    public static string FromUtf8(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}

/// <summary>A <c>const char *const *</c> with its strings, in unmanaged memory.</summary>
internal sealed unsafe class NativeTextArray : IDisposable
{
    private byte** _strings;

    public NativeTextArray(IReadOnlyList<string> texts, string name)
    {
        foreach (string text in texts)
        {
            _ = NativeText.ToUtf8(text, name);
        }

        Count = texts.Count;
        _strings = (byte**)NativeMemory.AllocZeroed((nuint)Math.Max(1, Count), (nuint)sizeof(byte*));
        for (int i = 0; i < Count; i++)
        {
            _strings[i] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[i]);
        }
    }

    public int Count { get; }

    public byte** Pointer => _strings;

    public void Dispose()
    {
        if (_strings is null)
        {
            return;
        }

        for (int i = 0; i < Count; i++)
        {
            Marshal.FreeCoTaskMem((nint)_strings[i]);
        }

        NativeMemory.Free(_strings);
        _strings = null;
    }
}
