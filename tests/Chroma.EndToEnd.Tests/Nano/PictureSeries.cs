using Chroma.EndToEnd.Tests.Nano.Judging;
using Chroma.EndToEnd.Tests.Nano.Scenes;
using Chroma.Imaging;

namespace Chroma.EndToEnd.Tests.Nano;

/// <summary>A picture of each prompt of a list, drawn when it is first asked for and then kept. The seed of a picture is its number.</summary>
/// <param name="studio">Draws.</param>
/// <param name="prompts">The prompts.</param>
/// <param name="options">How to draw.</param>
public sealed class PictureSeries(NanoStudio studio, IReadOnlyList<ScenePrompt> prompts, GenerationOptions options)
{
    private readonly List<ChromaImage> _pictures = [];

    /// <summary>The options of the picture with a number.</summary>
    /// <param name="number">The number, from 0.</param>
    public GenerationOptions OptionsOf(int number) => options with { Seed = (ulong)number };

    /// <summary>The first pictures. One caller at a time.</summary>
    /// <param name="count">How many.</param>
    public async Task<IReadOnlyList<ChromaImage>> FirstAsync(int count)
    {
        int drawn = _pictures.Count;
        _pictures.AddRange(await studio.DrawAsync([.. prompts.Take(count).Skip(drawn)], i => OptionsOf(drawn + i)));
        return _pictures[..count];
    }

    /// <summary>The score of the first pictures.</summary>
    /// <param name="count">How many.</param>
    public async Task<ScoreTable> ScoreOfFirstAsync(int count) => ScoreTable.Of(prompts, await FirstAsync(count));
}
