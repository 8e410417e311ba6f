using Chroma.EndToEnd.Tests.Nano.Judging;
using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Nano;

/// <summary>The pictures know whether each block gets its own modulation.</summary>
[Collection(NanoGroup.Name)]
public sealed class ModulationTests(NanoFixture nano) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string TransformerPath => nano.Studio.Pipeline.Files.Transformer;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)] // shifts become scales, scales gates
    [InlineData(3)] // a single block gets the modulation of the next
    public async Task Shuffled_rows_of_modulation_make_the_score_fall(int rows)
    {
        const int count = 8;
        ScoreTable right = await nano.Quick.ScoreOfFirstAsync(count);
        ShuffledModulation.Write(TransformerPath, _folder.File("shuffled.gguf"), rows);
        ChromaModelFiles files = nano.Studio.Pipeline.Files with { Transformer = _folder.File("shuffled.gguf") };
        using NanoStudio studio = await NanoStudio.OpenAsync(options => ChromaPipeline.LoadAsync(files, options));

        ScoreTable wrong = await studio.ScoreAsync([.. nano.Prompts.Take(count)], nano.Quick.OptionsOf);

        Assert.True(wrong.All <= 0.25 && wrong.All <= right.All - 0.5, $"{right}\n{wrong}");
    }

    [Fact]
    public void The_altered_copy_differs_in_the_order_of_the_rows_and_in_nothing_else()
    {
        ShuffledModulation.Write(TransformerPath, _folder.File("none.gguf"), 0);
        ShuffledModulation.Write(TransformerPath, _folder.File("three.gguf"), 3);

        Assert.Equal(File.ReadAllBytes(TransformerPath), File.ReadAllBytes(_folder.File("none.gguf")));
        FloatTensor right = ModulationOf(TransformerPath), shuffled = ModulationOf(_folder.File("three.gguf"));
        int shift = 3 * right.Shape[2];
        Agree.WithinAbsolute(shuffled.Span[..^shift], right.Span[shift..], 1e-2, "modulation");
    }

    private static FloatTensor ModulationOf(string path)
    {
        using ChromaEngine engine = new(new ChromaEngineOptions { Threads = 1 });
        using Transformer transformer = Transformer.Load(engine, path);
        using TapSession taps = transformer.Tap("distilled_guidance_layer");
        transformer.Forward(new FloatTensor(1, transformer.Info.LatentChannels, 4, 4), [0.5f], new FloatTensor(1, 2, transformer.Info.ContextSize));
        return taps["distilled_guidance_layer"];
    }
}
