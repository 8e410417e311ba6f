namespace Chroma;

/// <summary>What a generation is doing.</summary>
public enum GenerationStage
{
    /// <summary>The text encoder's weights are being read.</summary>
    LoadingTextEncoder,

    /// <summary>T5 runs over the prompts.</summary>
    EncodingPrompt,

    /// <summary>The transformer's weights are being read.</summary>
    LoadingTransformer,

    /// <summary>The sampler steps from noise to a latent.</summary>
    Denoising,

    /// <summary>The autoencoder turns the latent into pixels.</summary>
    Decoding,
}

/// <summary>How far a generation is.</summary>
/// <param name="Stage">What it is doing.</param>
/// <param name="Image">Which picture, from 0.</param>
/// <param name="Images">How many pictures there will be.</param>
/// <param name="Step">Which step of the sampler, from 0; 0 outside <see cref="GenerationStage.Denoising"/>.</param>
/// <param name="Steps">How many steps the sampler makes; 0 outside <see cref="GenerationStage.Denoising"/>.</param>
/// <param name="StageFraction">How much of the stage is done, 0 to 1; it never falls within a stage of one picture.</param>
public sealed record GenerationProgress(GenerationStage Stage, int Image, int Images, int Step, int Steps, double StageFraction)
{
    /// <summary>Evaluations of the transformer for this picture that <see cref="GenerationOptions.CacheThreshold"/> has saved so far.</summary>
    public int SavedEvaluations { get; init; }
}
