namespace Chroma.EndToEnd.Tests.Nano.Scenes;

/// <summary>
/// The outlines of the shapes, as signed distances: negative inside, in the unit of the radius. The radius is that of the circle of the same area, so
/// every shape of one radius covers about pi r^2.
/// </summary>
public static class Outline
{
    /// <summary>The radius beyond which no shape reaches, as a multiple of its own.</summary>
    public const double Reach = 1.6;

    private static (double X, double Y)[] Triangle { get; } = Points(1.555, 1.555 / 2, 3);
    private static (double X, double Y)[] Star { get; } = Points(1.56, 0.69, 5);

    /// <summary>The signed distance from a point to a shape's edge.</summary>
    /// <param name="kind">The shape.</param>
    /// <param name="x">The point, from the shape's centre to the right.</param>
    /// <param name="y">The point, from the shape's centre down.</param>
    /// <param name="radius">The shape's radius.</param>
    public static double Distance(ShapeKind kind, double x, double y, double radius)
    {
        double across = Math.Abs(x), down = Math.Abs(y);
        double farther = Math.Max(across, down), nearer = Math.Min(across, down);
        return kind switch
        {
            ShapeKind.Circle => Math.Sqrt((x * x) + (y * y)) - radius,
            ShapeKind.Ring => Math.Abs(Math.Sqrt((x * x) + (y * y)) - (0.95 * radius)) - (0.25 * radius),
            ShapeKind.Square => farther - (0.886 * radius),
            ShapeKind.Cross => Math.Max(farther - (1.19 * radius), nearer - (0.397 * radius)),
            ShapeKind.Triangle => DistanceToPolygon(Triangle, x, y, radius),
            ShapeKind.Star => DistanceToPolygon(Star, x, y, radius),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such shape."),
        };
    }

    /// <summary>The share of a pixel that a shape covers, 0 to 1: the edge is one pixel wide.</summary>
    /// <inheritdoc cref="Distance"/>
    public static double Coverage(ShapeKind kind, double x, double y, double radius) =>
        Math.Clamp(0.5 - Distance(kind, x, y, radius), 0, 1);

    // The corners of a star for the radius 1, the first one at the top: `points` outer ones, and an inner one after each.
    private static (double X, double Y)[] Points(double outer, double inner, int points)
    {
        var corners = new (double X, double Y)[2 * points];
        for (int i = 0; i < corners.Length; i++)
        {
            double angle = (Math.PI * i / points) - (Math.PI / 2);
            double reach = i % 2 == 0 ? outer : inner;
            corners[i] = (reach * Math.Cos(angle), reach * Math.Sin(angle));
        }

        return corners;
    }

    private static double DistanceToPolygon((double X, double Y)[] corners, double x, double y, double radius)
    {
        double nearest = double.PositiveInfinity;
        bool inside = false;
        (double ax, double ay) = (corners[^1].X * radius, corners[^1].Y * radius);
        foreach ((double cornerX, double cornerY) in corners)
        {
            (double bx, double by) = (cornerX * radius, cornerY * radius);
            (double edgeX, double edgeY) = (bx - ax, by - ay);
            (double fromX, double fromY) = (x - ax, y - ay);
            double along = Math.Clamp(((fromX * edgeX) + (fromY * edgeY)) / ((edgeX * edgeX) + (edgeY * edgeY)), 0, 1);
            (double missX, double missY) = (fromX - (along * edgeX), fromY - (along * edgeY));
            nearest = Math.Min(nearest, (missX * missX) + (missY * missY));

            // A ray to the right crosses the edges of a polygon an odd number of times from inside.
            inside ^= (ay > y) != (by > y) && fromX < edgeX * fromY / edgeY;
            (ax, ay) = (bx, by);
        }

        return inside ? -Math.Sqrt(nearest) : Math.Sqrt(nearest);
    }
}
