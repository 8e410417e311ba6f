using Chroma.Imaging;
using Xunit;

namespace Chroma.EndToEnd.Tests.Pipeline;

/// <summary>chroma-nano draws what it is told, so its pictures prove the whole chain: tokenizer, masks, guidance, schedule, sampler, decoder.</summary>
public sealed class NanoTests : IAsyncLifetime
{
    private ChromaPipeline? _pipeline;

    public async ValueTask InitializeAsync() => _pipeline = await ChromaNano.LoadAsync();

    public ValueTask DisposeAsync()
    {
        _pipeline?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("a red circle on a blue background", "red", "blue", 64, 64)]
    [InlineData("a large yellow square on a green background", "yellow", "green", 64, 64)]
    [InlineData("a large white cross on the left, on a black background", "white", "black", 30, 64)]
    public async Task The_shape_and_the_background_have_the_colours_and_the_place_of_the_prompt(string prompt, string shape, string background, int x, int y)
    {
        ChromaImage image = (await _pipeline!.GenerateAsync(prompt, _pipeline.DefaultOptions with { Seed = 1 }))[0];

        Assert.Equal(shape, ColourAt(image, x, y));
        Assert.All(new[] { (6, 6), (121, 6), (6, 121), (121, 121) }, corner => Assert.Equal(background, ColourAt(image, corner.Item1, corner.Item2)));
    }

    [Fact]
    public async Task The_prompt_decides_the_picture_and_not_the_seed()
    {
        GenerationOptions options = _pipeline!.DefaultOptions with { Seed = 3, Steps = 12 };

        ChromaImage red = (await _pipeline.GenerateAsync("a large red square on a white background", options))[0];
        ChromaImage blue = (await _pipeline.GenerateAsync("a large blue square on a white background", options))[0];

        Assert.Equal(("red", "blue"), (ColourAt(red, 64, 64), ColourAt(blue, 64, 64)));
    }

    // The named colour nearest to the mean of a 9 x 9 patch.
    private static string ColourAt(ChromaImage image, int x, int y)
    {
        double[] mean = new double[3];
        for (int dy = -4; dy <= 4; dy++)
        {
            for (int dx = -4; dx <= 4; dx++)
            {
                for (int channel = 0; channel < 3; channel++)
                {
                    mean[channel] += image.Pixels.Span[((((y + dy) * image.Width) + x + dx) * 3) + channel] / 81.0;
                }
            }
        }

        return Colours.MinBy(colour => colour.Rgb.Zip(mean, (a, b) => (a - b) * (a - b)).Sum()).Name;
    }

    private static (string Name, double[] Rgb)[] Colours { get; } =
    [
        ("red", [220, 30, 40]), ("green", [30, 150, 60]), ("blue", [30, 80, 220]), ("yellow", [250, 220, 30]),
        ("orange", [250, 140, 20]), ("purple", [130, 40, 170]), ("white", [245, 245, 245]), ("black", [20, 20, 20]),
    ];
}
