using Chroma.EndToEnd.Tests.Nano.Scenes;
using Xunit;

namespace Chroma.EndToEnd.Tests.Nano;

/// <summary>What all tests of chroma-nano share: the model, loaded once, and the pictures that more than one of them looks at.</summary>
public sealed class NanoFixture : IAsyncLifetime
{
    private NanoStudio? _studio;

    /// <summary>200 prompts of combinations that training never saw. Any beginning of them is a fair sample.</summary>
    public IReadOnlyList<ScenePrompt> Prompts { get; } = PromptList.Read(PromptList.HeldOutPath).Sample(200);

    /// <summary>Draws.</summary>
    public NanoStudio Studio => _studio ?? throw new InvalidOperationException("The model is not loaded yet.");

    /// <summary>Pictures of <see cref="Prompts"/> with the model's own settings.</summary>
    public PictureSeries Default => field ??= new(Studio, Prompts, Studio.Defaults);

    /// <summary>Pictures of <see cref="Prompts"/> in a few steps, to compare with.</summary>
    public PictureSeries Quick => field ??= new(Studio, Prompts, Studio.Defaults with { Steps = 6 });

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => _studio = await NanoStudio.OpenAsync(options => ChromaNano.LoadAsync(options));

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _studio?.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>The tests of chroma-nano run one after the other and with nothing beside them: each keeps every core busy.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class NanoGroup : ICollectionFixture<NanoFixture>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "chroma-nano";
}
