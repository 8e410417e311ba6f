namespace Chroma;

/// <summary>
/// chroma-nano, the small model that comes with this package: the architecture of Chroma1 in every part, trained on pictures of simple shapes, so that
/// <c>a red circle on a blue background</c> gives one. For first steps and for tests.
/// </summary>
public static class ChromaNano
{
    /// <summary>The folder with the model's files, beside the program.</summary>
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "models", "chroma-nano");

    /// <summary>Loads chroma-nano. Its <see cref="ChromaPipeline.DefaultOptions"/> are the size and settings that it was trained for.</summary>
    /// <inheritdoc cref="ChromaPipeline.LoadAsync(string, ChromaPipelineOptions?, IProgress{double}?, CancellationToken)"/>
    /// <param name="options">How to load; null for the defaults.</param>
    /// <param name="progress">Receives the share that is loaded, 0 to 1.</param>
    /// <param name="cancellationToken">Stops the load.</param>
    public static Task<ChromaPipeline> LoadAsync(
        ChromaPipelineOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default) =>
        ChromaPipeline.LoadAsync(Folder, options, progress, cancellationToken);
}
