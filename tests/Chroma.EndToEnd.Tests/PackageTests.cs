using System.Diagnostics;
using Chroma.Imaging;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests;

/// <summary>What a user does with the packages: an empty project, one reference, five lines.</summary>
public sealed class PackageTests
{
    private static string Root => Path.GetFullPath(Path.Combine(Golden.Folder, "..", ".."));

    private static string Packages => Path.Combine(Root, "artifacts", "packages");

    [Fact]
    public async Task An_empty_console_project_that_references_the_package_draws_with_five_lines()
    {
        Assert.SkipUnless(Directory.Exists(Packages) && Directory.GetFiles(Packages, "Chroma.Sdk.*.nupkg").Length > 0, "artifacts/packages is empty: run ./build.sh --target=Pack first.");
        string folder = Directory.CreateTempSubdirectory("chroma-package-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "Hello.csproj"), $"""
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup>
                    <OutputType>Exe</OutputType>
                    <TargetFramework>net10.0</TargetFramework>
                    <!-- our packages from that folder alone; the packages of others as this machine has them already -->
                    <RestoreSources>{Packages}</RestoreSources>
                    <RestorePackagesPath>{folder}/packages</RestorePackagesPath>
                    <RestoreFallbackFolders>{GlobalPackages()}</RestoreFallbackFolders>
                  </PropertyGroup>
                  <ItemGroup>
                    <PackageReference Include="Chroma.Sdk" Version="*" />
                  </ItemGroup>
                </Project>
                """);
            await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), """
                using Chroma;

                using ChromaPipeline pipeline = await ChromaPipeline.LoadAsync(args[0]);
                var images = await pipeline.GenerateAsync("a red circle on a blue background", pipeline.DefaultOptions with { Steps = 2 });
                images[0].Save("hello.png");
                """);

            (int code, string output) = await RunAsync(folder, "run", "--", Path.Combine(Root, "models", "chroma-nano"));

            Assert.True(code == 0, output);
            ChromaImage image = ChromaImage.Load(Path.Combine(folder, "hello.png"));
            Assert.Equal("a red circle on a blue background", image.Parameters?.Prompt);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Where the build's own restore has put third-party packages.
    private static string GlobalPackages() => Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private static async Task<(int Code, string Output)> RunAsync(string folder, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }
}
