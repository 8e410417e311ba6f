using Chroma.Models;

namespace Chroma;

/// <summary>The prompts encoded last, so that a negative prompt or a repeated one costs nothing. Used under the pipeline's gate only.</summary>
internal sealed class PromptCache
{
    private const int Capacity = 32;

    private readonly Dictionary<(string Text, TextMask Mask, int Padding), PromptEmbedding> _entries = [];
    private readonly Queue<(string Text, TextMask Mask, int Padding)> _order = [];

    public bool TryGet(string text, GenerationOptions options, out PromptEmbedding? embedding) =>
        _entries.TryGetValue((text, options.TextMask, options.PaddingTokens), out embedding);

    public void Add(string text, GenerationOptions options, PromptEmbedding embedding)
    {
        (string, TextMask, int) key = (text, options.TextMask, options.PaddingTokens);
        if (_entries.TryAdd(key, embedding))
        {
            _order.Enqueue(key);
        }

        if (_order.Count > Capacity)
        {
            _entries.Remove(_order.Dequeue());
        }
    }
}
