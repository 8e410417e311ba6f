using Chroma.Models;
using Xunit;

[assembly: AssemblyFixture(typeof(Chroma.Sdk.Tests.Models.EngineFixture))]

namespace Chroma.Sdk.Tests.Models;

/// <summary>One CPU engine for all tests.</summary>
public sealed class EngineFixture : IDisposable
{
    public ChromaEngine Engine { get; } = new(new ChromaEngineOptions { Device = "cpu", Threads = 2 });

    public void Dispose() => Engine.Dispose();
}
