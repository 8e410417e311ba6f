namespace Chroma.EndToEnd.Tests.Nano.Scenes;

/// <summary>The figures by which chroma-nano's training pictures were made (<c>tools/nano/world.py</c>), as <c>held-out.json</c> states them.</summary>
/// <param name="Colours">Red, green and blue of each name, 0 to 255. Any two colours are at least 80 apart.</param>
/// <param name="Sizes">The radius of each size as a part of the shorter side: that of the circle of the same area.</param>
/// <param name="Places">The centre of each place as parts of width and height.</param>
/// <param name="PairScale">What the sizes of two shapes are multiplied by.</param>
/// <param name="Stripe">Pixels across a stripe, whatever the size of the picture.</param>
public sealed record WorldFigures(
    IReadOnlyDictionary<PaletteColour, double[]> Colours,
    IReadOnlyDictionary<ShapeSize, double> Sizes,
    IReadOnlyDictionary<Place, double[]> Places,
    double PairScale,
    int Stripe)
{
    /// <summary>Those of the repository.</summary>
    public static WorldFigures Known { get; } = PromptList.Read(PromptList.HeldOutPath).World
        ?? throw new InvalidDataException($"'{PromptList.HeldOutPath}' does not describe the world.");
}
