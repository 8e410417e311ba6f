using Chroma.EndToEnd.Tests.Nano.Judging;
using Chroma.EndToEnd.Tests.Nano.Scenes;
using Chroma.Imaging;
using Xunit;

namespace Chroma.EndToEnd.Tests.Nano;

/// <summary>
/// How well chroma-nano draws what it is told: the whole chain from the tokenizer to the decoder, proved by pictures. The environment variable
/// <c>CHROMA_NANO_PROMPTS</c> scores the prompts of another list, and <c>CHROMA_NANO_PICTURES</c> names a folder that gets the pictures.
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

    private async Task<(IReadOnlyList<ScenePrompt> Prompts, IReadOnlyList<ChromaImage> Pictures)> DrawAsync()
    {
        IReadOnlyList<ScenePrompt> prompts = nano.Prompts;
        IReadOnlyList<ChromaImage> pictures;
        if (Environment.GetEnvironmentVariable("CHROMA_NANO_PROMPTS") is { Length: > 0 } path)
        {
            prompts = PromptList.Read(path).Prompts;
            pictures = await nano.Studio.DrawAsync(prompts, nano.Default.OptionsOf);
        }
        else
        {
            pictures = await nano.Default.FirstAsync(prompts.Count);
        }

        if (Environment.GetEnvironmentVariable("CHROMA_NANO_PICTURES") is { Length: > 0 } folder)
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
