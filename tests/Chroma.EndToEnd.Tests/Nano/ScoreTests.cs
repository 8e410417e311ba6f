using Chroma.EndToEnd.Tests.Nano.Judging;
using Chroma.EndToEnd.Tests.Nano.Scenes;
using Chroma.Imaging;
using Chroma.Models;
using Xunit;

namespace Chroma.EndToEnd.Tests.Nano;

/// <summary>
/// How well chroma-nano draws what it is told: the whole chain from the tokenizer to the decoder, proved by pictures. The environment variable
/// <c>CHROMA_NANO_PROMPTS</c> scores the prompts of another list, <c>CHROMA_NANO_KERNELS</c> (<c>ggml</c>, <c>onednn</c>) and <c>CHROMA_NANO_TYPE</c>
/// (<c>f32</c>, <c>q8_0</c>, <c>int8</c> ...) say what computes it, and <c>CHROMA_NANO_PICTURES</c> names a folder that gets the pictures.
/// </summary>
[Collection(NanoGroup.Name)]
public sealed class ScoreTests(NanoFixture nano, ITestOutputHelper output)
{
    [Fact]
    public async Task Prompts_of_combinations_that_training_never_saw_are_drawn_as_they_say()
    {
        (IReadOnlyList<ScenePrompt> prompts, IReadOnlyList<ChromaImage> pictures) = await DrawAsync();
        ScoreTable score = ScoreTable.Of(prompts, pictures);
        output.WriteLine(score.ToString());

        (string Part, double Share, double Least)[] marks =
        [
            ("colour", score.Colour, 0.98), ("background", score.Background, 0.97), ("position", score.Position, 0.95), ("shape", score.Shape, 0.90), ("all", score.All, 0.80),
        ];
        Assert.All(marks, mark => Assert.True(mark.Share >= mark.Least, $"{mark.Part}: {mark.Share:P1}, expected at least {mark.Least:P0}\n{score}"));
    }

    private static string? Setting(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private async Task<(IReadOnlyList<ScenePrompt> Prompts, IReadOnlyList<ChromaImage> Pictures)> DrawAsync()
    {
        IReadOnlyList<ScenePrompt> prompts = Setting("CHROMA_NANO_PROMPTS") is { } path ? PromptList.Read(path).Prompts : nano.Prompts;
        string? kernels = Setting("CHROMA_NANO_KERNELS"), type = Setting("CHROMA_NANO_TYPE");
        IReadOnlyList<ChromaImage> pictures;
        if (kernels is null && type is null)
        {
            pictures = prompts == nano.Prompts ? await nano.Default.FirstAsync(prompts.Count) : await nano.Studio.DrawAsync(prompts, nano.Default.OptionsOf);
        }
        else
        {
            ChromaPipelineOptions options = new()
            {
                Kernels = Enum.Parse<CpuKernels>(kernels ?? nameof(CpuKernels.Auto), ignoreCase: true),
                WeightType = Enum.Parse<WeightType>(type ?? nameof(WeightType.Stored), ignoreCase: true),
            };
            using NanoStudio studio = await NanoStudio.OpenAsync(load => ChromaNano.LoadAsync(load), options);
            pictures = await studio.DrawAsync(prompts, nano.Default.OptionsOf);
        }

        if (Setting("CHROMA_NANO_PICTURES") is { } folder)
        {
            Directory.CreateDirectory(folder);
            for (int i = 0; i < pictures.Count; i++)
            {
                pictures[i].Save(Path.Combine(folder, $"{i:000}.png"));
            }
        }

        return (prompts, pictures);
    }
}
