namespace Chroma.Testing;

/// <summary>A whole model of tiny random weights: pictures without meaning, in a moment, by the code that draws real ones.</summary>
public static class TinyModel
{
    /// <summary>The files: the stored weights and a tokenizer whose ids they know.</summary>
    public static ChromaModelFiles Files { get; } = new()
    {
        Transformer = Golden.PathOf("open/chroma.safetensors"),
        TextEncoder = Golden.PathOf("open/t5.safetensors"),
        Autoencoder = Golden.PathOf("open/ae.safetensors"),
        Tokenizer = Golden.PathOf("tiny_tokenizer/tokenizer.json"),
    };

    /// <summary>How to load it: its RoPE axes are not those of Chroma1.</summary>
    public static ChromaPipelineOptions Options { get; } = new() { RopeAxes = new Models.RopeAxes(8, 12, 12) };

    /// <summary>A small and quick picture.</summary>
    public static GenerationOptions Quick { get; } = GenerationOptions.HD with { Width = 48, Height = 32, Steps = 3, Seed = 1 };

    /// <summary>Loads it.</summary>
    /// <param name="options">How; null for <see cref="Options"/>.</param>
    public static Task<ChromaPipeline> LoadAsync(ChromaPipelineOptions? options = null) => ChromaPipeline.LoadAsync(Files, options ?? Options);
}
