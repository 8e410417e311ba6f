using System.Runtime.InteropServices;
using Chroma.Interop;
using SkiaSharp;

namespace Chroma.Imaging;

/// <summary>The native library that compresses and decompresses pictures.</summary>
public static class ImageLibrary
{
    private const string Name = "libSkiaSharp";

    private static readonly Lazy<string?> _problem = new(Load);

    /// <summary>
    /// Loads the library, which otherwise happens when the first picture is saved or opened. A program calls it at its start, so that it does not
    /// compute for minutes and then cannot save.
    /// </summary>
    /// <exception cref="DllNotFoundException">It, or a library that it needs, is missing; the message names what to install.</exception>
    public static void Require()
    {
        if (_problem.Value is string problem)
        {
            throw new DllNotFoundException(problem);
        }
    }

    private static string? Load()
    {
        try
        {
            NativeLibrary.Load(Name, typeof(SKBitmap).Assembly, null); // never freed: SkiaSharp needs it to the end
            return null;
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            string reason = MissingLibrary.Advice(error.Message) ?? $"{Name} is missing or made for another system: {Package()}";
            return $"{Name}, which reads and writes pictures, can't be loaded, because {reason}.";
        }
    }

    private static string Package() => OperatingSystem.IsLinux()
        ? $"install the program anew, or reference the NuGet package SkiaSharp.NativeAssets.Linux.NoDependencies (it is for {RuntimeInformation.RuntimeIdentifier} here)"
        : $"install the program anew, or reference the NuGet package SkiaSharp (it is for {RuntimeInformation.RuntimeIdentifier} here)";
}
