using System.Diagnostics;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>Every layer agrees on older processors too: this project's tests run again with oneDNN kept from newer instructions.</summary>
public sealed class InstructionSetTests(StoredModels models)
{
    /// <summary>oneDNN's own variable, which our kernels heed as well. It is read once in a process.</summary>
    private const string Limit = "ONEDNN_MAX_CPU_ISA";

    [Theory]
    [InlineData("AVX2")] // neither bf16 nor VNNI
    [InlineData("AVX2_VNNI")] // int8 through oneDNN
    [InlineData("AVX512_CORE_VNNI")] // no bf16
    public async Task Layers_agree_without_newer_instructions(string instructions)
    {
        Assert.SkipUnless(models.Engine.Description.Contains("oneDNN", StringComparison.Ordinal), "This native library has no oneDNN.");
        ProcessStartInfo start = new("dotnet", ["exec", typeof(InstructionSetTests).Assembly.Location, "-class-", typeof(InstructionSetTests).FullName!])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[Limit] = instructions;

        using Process tests = Process.Start(start)!;
        Task<string> error = tests.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await tests.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await tests.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(tests.ExitCode == 0, output + await error);
        Assert.Contains("Failed: 0", output, StringComparison.Ordinal);
    }
}
