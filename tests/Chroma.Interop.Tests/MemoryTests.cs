using Chroma.Models;
using Chroma.Testing;
using Xunit;

namespace Chroma.Interop.Tests;

/// <summary>Reads the memory of the whole process, so nothing else may run meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneGroup
{
    public const string Name = "alone";
}

[Collection(AloneGroup.Name)]
public sealed class MemoryTests(EngineFixture fixture)
{
    private readonly TransformerCase _case = new();

    [Fact]
    public void Models_come_and_go_without_leaving_memory_behind()
    {
        LoadRunAndDispose(10);
        long before = WorkingSet();
        LoadRunAndDispose(60);
        long grown = WorkingSet() - before;

        // Each model has 1.5 MB of weights: had they stayed, it would be 90 MB.
        Assert.True(grown < 40 << 20, $"60 models left {grown >> 20} MiB behind.");
    }

    private static long WorkingSet()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private void LoadRunAndDispose(int count)
    {
        // Converted, so that the weights lie in memory and not in the file's pages.
        ModelLoadOptions options = TinyModels.TransformerOptions with { Type = WeightType.F16 };
        for (int i = 0; i < count; i++)
        {
            using Transformer transformer = Transformer.Load(fixture.Engine, TinyModels.TransformerPath, options);
            _case.Run(transformer);
        }
    }
}
