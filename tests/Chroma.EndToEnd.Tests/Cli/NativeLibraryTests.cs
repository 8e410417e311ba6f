using System.Diagnostics;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Cli;

public sealed class NativeLibraryTests
{
    [Fact]
    public async Task A_folder_named_without_a_working_library_gives_the_paths_tried_and_nothing_else_is_taken()
    {
        string folder = Directory.CreateTempSubdirectory("chroma-native-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, OperatingSystem.IsWindows() ? "chroma.dll" : OperatingSystem.IsMacOS() ? "libchroma.dylib" : "libchroma.so"), "not a library");
            ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "chroma.dll"), "inspect", TinyModel.Files.Transformer])
            {
                RedirectStandardError = true,
                Environment = { ["CHROMA_NATIVE_DIR"] = folder },
            };
            using Process process = Process.Start(start)!;
            string error = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();

            Assert.Equal(1, process.ExitCode);
            Assert.Contains("was not found", error, StringComparison.Ordinal);
            Assert.Contains(folder, error, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
