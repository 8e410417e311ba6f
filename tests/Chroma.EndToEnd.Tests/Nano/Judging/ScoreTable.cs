using System.Globalization;
using System.Text;
using Chroma.EndToEnd.Tests.Nano.Scenes;
using Chroma.Imaging;

namespace Chroma.EndToEnd.Tests.Nano.Judging;

/// <summary>The verdicts on many pictures, as shares.</summary>
public sealed class ScoreTable
{
    private readonly (ScenePrompt Asked, Verdict Verdict)[] _verdicts;

    /// <summary>Collects verdicts.</summary>
    /// <param name="verdicts">What was asked for, and the verdict on its picture; at least one.</param>
    public ScoreTable(IEnumerable<(ScenePrompt Asked, Verdict Verdict)> verdicts) => _verdicts = [.. verdicts];

    /// <summary>Judges pictures.</summary>
    /// <param name="prompts">The prompts; there may be more than pictures.</param>
    /// <param name="pictures">The picture of each.</param>
    public static ScoreTable Of(IEnumerable<ScenePrompt> prompts, IEnumerable<ChromaImage> pictures) =>
        new(prompts.Zip(pictures).AsParallel().AsOrdered().Select(pair => (pair.First, SceneJudge.Judge(pair.Second, pair.First.Scene))));

    /// <summary>The share of pictures with the right colours.</summary>
    public double Colour => Share(_verdicts, verdict => verdict.Colour);

    /// <summary>The share of pictures with the right background.</summary>
    public double Background => Share(_verdicts, verdict => verdict.Background);

    /// <summary>The share of pictures with nothing that was not asked for.</summary>
    public double Count => Share(_verdicts, verdict => verdict.Count);

    /// <summary>The share of pictures with everything in its place.</summary>
    public double Position => Share(_verdicts, verdict => verdict.Position);

    /// <summary>The share of pictures with the right shapes.</summary>
    public double Shape => Share(_verdicts, verdict => verdict.Shape);

    /// <summary>The share of pictures that are right in everything.</summary>
    public double All => Share(_verdicts, verdict => verdict.All);

    /// <summary>The table, one line for each kind of prompt, and then what went wrong.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        text.AppendLine("                 prompts  colour  background   count  position   shape     all");
        Append(text, "all", _ => true);
        Append(text, "one shape", scene => scene.Shapes.Count == 1);
        Append(text, "two shapes", scene => scene.Shapes.Count == 2);
        Append(text, "plain", scene => scene.Background == GroundPattern.Plain);
        Append(text, "two-tone", scene => scene.Background is GroundPattern.SideBySide or GroundPattern.Stacked);
        Append(text, "striped", scene => scene.Background is GroundPattern.VerticalStripes or GroundPattern.HorizontalStripes);
        foreach (ShapeKind kind in Enum.GetValues<ShapeKind>())
        {
            Append(text, kind.ToString().ToLowerInvariant(), scene => scene.Shapes.Any(shape => shape.Kind == kind));
        }

        foreach ((ScenePrompt asked, Verdict verdict) in _verdicts.Where(pair => !pair.Verdict.All))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{asked.Prompt}: {verdict}");
        }

        return text.ToString();
    }

    private static double Share((ScenePrompt Asked, Verdict Verdict)[] verdicts, Func<Verdict, bool> isRight) =>
        verdicts.Count(pair => isRight(pair.Verdict)) / (double)verdicts.Length;

    private void Append(StringBuilder text, string title, Func<Scene, bool> isMeant)
    {
        (ScenePrompt Asked, Verdict Verdict)[] chosen = [.. _verdicts.Where(pair => isMeant(pair.Asked.Scene))];
        if (chosen.Length > 0)
        {
            text.AppendLine(string.Create(CultureInfo.InvariantCulture,
                $"{title,-16}{chosen.Length,8}{Share(chosen, v => v.Colour),8:P1}{Share(chosen, v => v.Background),12:P1}{Share(chosen, v => v.Count),8:P1}{Share(chosen, v => v.Position),10:P1}{Share(chosen, v => v.Shape),8:P1}{Share(chosen, v => v.All),8:P1}"));
        }
    }
}
