using System.Diagnostics;
using System.Text;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Cli;

/// <summary>A program from which a native library, or something that one needs, is missing.</summary>
public sealed class NativeDependencyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_missing_picture_library_is_found_before_anything_is_drawn()
    {
        string program = CopyProgram(withPictureLibrary: false);

        (int exitCode, string error) = await DrawAsync(program);

        Assert.Equal(1, exitCode);
        Assert.Contains("libSkiaSharp", error, StringComparison.Ordinal);
        Assert.Contains("NuGet package SkiaSharp.NativeAssets.Linux.NoDependencies", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task What_the_picture_library_needs_is_named_with_its_package()
    {
        string program = CopyProgram(withPictureLibrary: true);
        Rename(Path.Combine(program, "libSkiaSharp.so"), "libpthread.so.0", "libabsentx.so.7");

        (int exitCode, string error) = await DrawAsync(program);

        Assert.Equal(1, exitCode);
        Assert.Contains("libabsentx.so.7 is missing: install libabsentx7 (Debian and Ubuntu)", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task What_the_engine_needs_is_named_with_its_package()
    {
        string program = CopyProgram(withPictureLibrary: true);
        Rename(Path.Combine(program, "libchroma.so"), "libgomp.so.1", "libgomp.so.7");

        (int exitCode, string error) = await DrawAsync(program);

        Assert.Equal(1, exitCode);
        Assert.Contains("libgomp.so.7 is missing: install libgomp7 (Debian and Ubuntu)", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    /// <summary>The command with its native libraries beside it, and no list of dependencies by which the host would miss one.</summary>
    private string CopyProgram(bool withPictureLibrary)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Hides Linux's libraries.");
        foreach (string file in Directory.GetFiles(AppContext.BaseDirectory, "*.dll").Append(Path.Combine(AppContext.BaseDirectory, "chroma.runtimeconfig.json")))
        {
            File.Copy(file, _folder.File(Path.GetFileName(file)));
        }

        string natives = Path.Combine(AppContext.BaseDirectory, "runtimes", System.Runtime.InteropServices.RuntimeInformation.RuntimeIdentifier.Contains("arm64") ? "linux-arm64" : "linux-x64", "native");
        File.Copy(Path.Combine(natives, "libchroma.so"), _folder.File("libchroma.so"));
        if (withPictureLibrary)
        {
            File.Copy(Path.Combine(natives, "libSkiaSharp.so"), _folder.File("libSkiaSharp.so"));
        }

        return _folder.Path;
    }

    /// <summary>Makes a library need another one, of a name of the same length.</summary>
    private static void Rename(string library, string needed, string absent)
    {
        byte[] bytes = File.ReadAllBytes(library);
        int at = bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(needed + '\0'));
        Assert.SkipUnless(at >= 0, $"This build of {Path.GetFileName(library)} does without {needed}.");
        Encoding.ASCII.GetBytes(absent, bytes.AsSpan(at));
        File.WriteAllBytes(library, bytes);
    }

    private async Task<(int ExitCode, string Error)> DrawAsync(string program)
    {
        string picture = _folder.File("cat.png");
        ProcessStartInfo start = new("dotnet", [Path.Combine(program, "chroma.dll"), "generate", "--prompt", "cat", "--model", ChromaNano.Folder, "--output", picture, "--steps", "1"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.False(File.Exists(picture));
        return (process.ExitCode, error);
    }
}
