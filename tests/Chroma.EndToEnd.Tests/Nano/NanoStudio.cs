using System.Collections.Concurrent;
using Chroma.EndToEnd.Tests.Nano.Judging;
using Chroma.EndToEnd.Tests.Nano.Scenes;
using Chroma.Imaging;

namespace Chroma.EndToEnd.Tests.Nano;

/// <summary>
/// Draws many small pictures quickly: one pipeline of one thread for each core. A picture of 128 x 128 is too little work to share among threads, and
/// pictures do not depend on their number.
/// </summary>
public sealed class NanoStudio : IDisposable
{
    private readonly ChromaPipeline[] _pipelines;

    private NanoStudio(ChromaPipeline[] pipelines) => _pipelines = pipelines;

    /// <summary>One of the pipelines.</summary>
    public ChromaPipeline Pipeline => _pipelines[0];

    /// <summary>The model's own settings.</summary>
    public GenerationOptions Defaults => Pipeline.DefaultOptions;

    /// <summary>Loads a model as often as there are cores.</summary>
    /// <param name="load">Loads it once, with the options given.</param>
    /// <param name="options">How to load; null for the defaults.</param>
    public static async Task<NanoStudio> OpenAsync(Func<ChromaPipelineOptions, Task<ChromaPipeline>> load, ChromaPipelineOptions? options = null)
    {
        ChromaPipelineOptions single = (options ?? new ChromaPipelineOptions()) with { Threads = 1 };
        int lanes = Math.Clamp(Environment.ProcessorCount, 1, 8);
        return new NanoStudio(await Task.WhenAll(Enumerable.Range(0, lanes).Select(_ => load(single))));
    }

    /// <summary>Draws one picture of each prompt.</summary>
    /// <param name="prompts">The prompts.</param>
    /// <param name="options">The options of the picture with this number, with a seed.</param>
    /// <returns>The pictures in the order of the prompts.</returns>
    public Task<ChromaImage[]> DrawAsync(IReadOnlyList<ScenePrompt> prompts, Func<int, GenerationOptions> options) =>
        DrawAsync(prompts.Count, async (pipeline, i) => (await pipeline.GenerateAsync(prompts[i].Prompt, options(i)))[0]);

    /// <summary>Draws pictures in any way.</summary>
    /// <param name="count">How many.</param>
    /// <param name="draw">Draws the picture with this number.</param>
    /// <returns>The pictures in the order of their numbers.</returns>
    public async Task<ChromaImage[]> DrawAsync(int count, Func<ChromaPipeline, int, Task<ChromaImage>> draw)
    {
        var pictures = new ChromaImage[count];
        ConcurrentQueue<int> open = new(Enumerable.Range(0, count));
        await Task.WhenAll(_pipelines.Select(async pipeline =>
        {
            while (open.TryDequeue(out int i))
            {
                pictures[i] = await draw(pipeline, i);
            }
        }));
        return pictures;
    }

    /// <summary>Draws one picture of each prompt and judges it.</summary>
    /// <inheritdoc cref="DrawAsync(IReadOnlyList{ScenePrompt}, Func{int, GenerationOptions})"/>
    /// <returns>The score.</returns>
    public async Task<ScoreTable> ScoreAsync(IReadOnlyList<ScenePrompt> prompts, Func<int, GenerationOptions> options) =>
        ScoreTable.Of(prompts, await DrawAsync(prompts, options));

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_pipelines, pipeline => pipeline.Dispose());
}
