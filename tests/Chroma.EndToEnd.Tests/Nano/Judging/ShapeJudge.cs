using Chroma.EndToEnd.Tests.Nano.Scenes;

namespace Chroma.EndToEnd.Tests.Nano.Judging;

/// <summary>Tells shapes apart: each is laid over the region, with the same centre and area, and the one that overlaps best is what it is.</summary>
public static class ShapeJudge
{
    private const double LeastLikeness = 0.7;

    /// <summary>Whether a region has about the size and the outline of a shape.</summary>
    /// <param name="region">The region.</param>
    /// <param name="kind">The shape it should have.</param>
    /// <param name="area">The pixels it should have; half to twice as many will do.</param>
    public static bool IsRight(Region region, ShapeKind kind, double area) =>
        region.Area > area / 2 && region.Area < area * 2 && Likeness(region, kind) > LeastLikeness && Recognise(region) == kind;

    /// <summary>The shape that a region is most like.</summary>
    /// <param name="region">The region, not empty.</param>
    public static ShapeKind Recognise(Region region) => Enum.GetValues<ShapeKind>().MaxBy(kind => Likeness(region, kind));

    /// <summary>How much of a region and of the ideal shape of its centre and area is common to both: 1 for the shape itself.</summary>
    /// <param name="region">The region, not empty.</param>
    /// <param name="kind">The shape.</param>
    public static double Likeness(Region region, ShapeKind kind)
    {
        double radius = Math.Sqrt(region.Area / Math.PI / (kind == ShapeKind.Ring ? 0.95 : 1));
        (double centreX, double centreY) = region.Centre;
        double reach = Outline.Reach * radius;
        (int ideal, int common) = (0, 0);
        for (int y = (int)(centreY - reach); y <= centreY + reach; y++)
        {
            for (int x = (int)(centreX - reach); x <= centreX + reach; x++)
            {
                if (Outline.Distance(kind, x + 0.5 - centreX, y + 0.5 - centreY, radius) < 0)
                {
                    ideal++;
                    common += region[x, y] ? 1 : 0;
                }
            }
        }

        return common / (double)(ideal + region.Area - common);
    }
}
