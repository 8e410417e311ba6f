namespace Chroma.EndToEnd.Tests.Nano.Judging;

/// <summary>Which parts of its scene a picture shows.</summary>
/// <param name="Colour">Every shape is there in its colour.</param>
/// <param name="Background">The background has its colours, each in its part of the picture.</param>
/// <param name="Count">There is nothing else on it.</param>
/// <param name="Position">Every shape is where it was asked for.</param>
/// <param name="Shape">Every shape has the size and the outline of its kind.</param>
public readonly record struct Verdict(bool Colour, bool Background, bool Count, bool Position, bool Shape)
{
    /// <summary>The picture shows the whole scene.</summary>
    public bool All => Colour && Background && Count && Position && Shape;

    /// <summary>What is wrong, for messages; empty where nothing is.</summary>
    public override string ToString() => string.Join(", ", new[]
    {
        Colour ? "" : "colour", Background ? "" : "background", Count ? "" : "count", Position ? "" : "position", Shape ? "" : "shape",
    }.Where(part => part.Length > 0));
}
