using Chroma.EndToEnd.Tests.Nano.Judging;
using Chroma.EndToEnd.Tests.Nano.Scenes;
using Chroma.Imaging;
using Xunit;

namespace Chroma.EndToEnd.Tests.Nano;

/// <summary>The judge of chroma-nano's pictures, before it is trusted: it must know right from wrong.</summary>
public sealed class JudgeTests
{
    private static PromptList List { get; } = PromptList.Read(PromptList.HeldOutPath);

    [Theory]
    [InlineData(128, 128)]
    [InlineData(96, 96)]
    [InlineData(192, 128)]
    [InlineData(128, 192)]
    public void True_pictures_of_all_prompts_are_right_in_everything(int width, int height)
    {
        Random chance = new(1);

        ScoreTable score = ScoreTable.Of(List.Prompts, List.Prompts.Select(asked => ScenePainter.Paint(asked.Scene, chance, width, height)));

        Assert.True(score.All == 1, score.ToString());
    }

    [Theory]
    [InlineData(Mistake.ShapeColour)]
    [InlineData(Mistake.GroundColour)]
    [InlineData(Mistake.GroundPattern)]
    [InlineData(Mistake.Position)]
    [InlineData(Mistake.Kind)]
    [InlineData(Mistake.Missing)]
    [InlineData(Mistake.Surplus)]
    public void A_picture_with_one_mistake_is_wrong_in_that_and_right_in_what_has_nothing_to_do_with_it(Mistake mistake)
    {
        Random chance = new(2);
        IReadOnlyList<ScenePrompt> prompts = List.Sample(200);

        ScoreTable score = ScoreTable.Of(prompts, prompts.Select(asked => ScenePainter.Paint(Mistakes.Make(asked.Scene, mistake, chance), chance)));

        (double wrong, double[] right) = mistake switch
        {
            Mistake.ShapeColour => (score.Colour, Array.Empty<double>()), // a shape of another colour may as well be a spot of the background
            Mistake.GroundColour or Mistake.GroundPattern => (score.Background, [score.Colour, score.Position, score.Shape]),
            Mistake.Position => (score.Position, [score.Colour, score.Background, score.Count, score.Shape]),
            Mistake.Kind => (score.Shape, [score.Colour, score.Background, score.Count, score.Position]),
            Mistake.Missing => (score.Colour, [score.Background]),
            _ => (score.Count, [score.Colour, score.Background, score.Position, score.Shape]),
        };
        Assert.True(wrong <= 0.01 && score.All <= 0.01, score.ToString());
        Assert.True(right.All(share => share >= 0.98), score.ToString());
    }

    [Fact]
    public void Grey_pictures_and_noise_are_wrong()
    {
        byte[] noise = new byte[128 * 128 * 3];
        new Random(3).NextBytes(noise);
        ChromaImage[] pictures = [new(128, 128, [.. Enumerable.Repeat((byte)128, noise.Length)]), new(128, 128, noise)];

        foreach (ChromaImage picture in pictures)
        {
            Assert.Equal(0, ScoreTable.Of(List.Sample(20), Enumerable.Repeat(picture, 20)).All);
        }
    }

    [Fact]
    public void Soft_edges_and_slightly_wrong_colours_do_no_harm_but_a_shape_in_the_place_of_the_background_does()
    {
        Scene scene = new([new SceneShape(ShapeKind.Star, PaletteColour.Red)], GroundPattern.SideBySide, [PaletteColour.White, PaletteColour.Cyan]);
        ChromaImage right = ScenePainter.Paint(scene), inside = ScenePainter.Paint(scene with { Colours = [PaletteColour.Red, PaletteColour.Cyan] });

        Assert.True(SceneJudge.Judge(Soften(right), scene).All);
        Assert.False(SceneJudge.Judge(inside, scene).Background);
    }

    [Theory]
    [InlineData(ShapeKind.Circle)]
    [InlineData(ShapeKind.Square)]
    [InlineData(ShapeKind.Triangle)]
    [InlineData(ShapeKind.Cross)]
    [InlineData(ShapeKind.Star)]
    [InlineData(ShapeKind.Ring)]
    public void A_shape_of_radius_r_covers_pi_r_squared_around_its_centre(ShapeKind kind)
    {
        const double radius = 40;
        double area = 0, x = 0, y = 0;
        for (int i = 0; i < 200 * 200; i++)
        {
            double coverage = Outline.Coverage(kind, (i % 200) + 0.5 - 100, (i / 200) + 0.5 - 100, radius);
            (area, x, y) = (area + coverage, x + (coverage * ((i % 200) + 0.5)), y + (coverage * ((i / 200) + 0.5)));
        }

        Assert.Equal(1, area / (Math.PI * radius * radius), kind == ShapeKind.Ring ? 0.06 : 0.02);
        Assert.Equal((100, 100), (x / area, y / area), (a, b) => Math.Abs(a.Item1 - b.Item1) + Math.Abs(a.Item2 - b.Item2) < 0.5);
    }

    [Fact]
    public void Every_listed_prompt_has_a_combination_that_training_never_saw()
    {
        IReadOnlySet<(ShapeKind Shape, PaletteColour Colour, PaletteColour Ground)> heldOut = List.HeldOut;

        Assert.True(List.Prompts.Count >= 200, $"There are {List.Prompts.Count} prompts.");
        Assert.All(List.Prompts, asked => Assert.Contains(
            asked.Scene.Shapes.SelectMany(shape => asked.Scene.Colours.Select(ground => (shape.Kind, shape.Colour, ground))), heldOut.Contains));
    }

    // Each pixel the mean of its neighbourhood of 5 x 5, and a little darker.
    private static ChromaImage Soften(ChromaImage picture)
    {
        ReadOnlyMemory<byte> pixels = picture.Pixels;
        byte[] soft = new byte[pixels.Length];
        for (int i = 0; i < soft.Length; i++)
        {
            int x = i / 3 % picture.Width, y = i / 3 / picture.Width, channel = i % 3;
            soft[i] = (byte)(0.93 * Enumerable.Range(0, 25).Average(n =>
                pixels.Span[(3 * ((Math.Clamp(y - 2 + (n / 5), 0, picture.Height - 1) * picture.Width) + Math.Clamp(x - 2 + (n % 5), 0, picture.Width - 1))) + channel]));
        }

        return new ChromaImage(picture.Width, picture.Height, soft);
    }
}
