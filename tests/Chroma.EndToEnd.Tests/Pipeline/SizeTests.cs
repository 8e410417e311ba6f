using Chroma.Imaging;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Pipeline;

/// <summary>Sizes that are no multiple of 16.</summary>
public sealed class SizeTests
{
    [Theory]
    [InlineData(50, 30)]
    [InlineData(17, 31)]
    [InlineData(64, 47)]
    public async Task A_picture_has_exactly_the_size_asked_for_and_is_the_upper_left_part_of_the_next_larger_one(int width, int height)
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        GenerationOptions options = TinyModel.Quick with { Width = width, Height = height };
        GenerationOptions whole = options with { Width = (width + 15) / 16 * 16, Height = (height + 15) / 16 * 16 };

        ChromaImage part = (await pipeline.GenerateAsync("a", options))[0];
        ChromaImage larger = (await pipeline.GenerateAsync("a", whole))[0];

        Assert.Equal((width, height), (part.Width, part.Height));
        Assert.Equal((width, height), (part.Parameters!.Width, part.Parameters.Height));
        Assert.Equal(larger.Crop(width, height).Pixels.ToArray(), part.Pixels.ToArray());
        Assert.Equal([1, 16, whole.Height / 8, whole.Width / 8], ChromaPipeline.CreateNoise(options, 1).Shape.ToArray());
        for (int y = 0; y < height; y++)
        {
            Assert.Equal(larger.Pixels.Slice(y * larger.Width * 3, width * 3).ToArray(), part.Pixels.Slice(y * width * 3, width * 3).ToArray());
        }
    }

    [Fact]
    public async Task A_picture_of_any_size_is_encoded_as_if_its_last_column_and_row_went_on()
    {
        using ChromaPipeline pipeline = await TinyModel.LoadAsync();
        ChromaImage image = (await pipeline.GenerateAsync("a", TinyModel.Quick))[0];
        ChromaImage odd = image.Crop(41, 19);
        byte[] extended = new byte[48 * 32 * 3];
        for (int y = 0; y < 32; y++)
        {
            for (int x = 0; x < 48; x++)
            {
                odd.Pixels.Span.Slice(((Math.Min(y, 18) * 41) + Math.Min(x, 40)) * 3, 3).CopyTo(extended.AsSpan(((y * 48) + x) * 3));
            }
        }

        FloatTensor latent = await pipeline.EncodeImageAsync(odd);

        Assert.Equal([1, 16, 4, 6], latent.Shape.ToArray());
        Assert.Equal((await pipeline.EncodeImageAsync(new ChromaImage(48, 32, extended))).Span.ToArray(), latent.Span.ToArray());
        Assert.Equal((41, 19), ((await pipeline.DecodeAsync(latent)).Crop(41, 19).Width, 19));
    }

    [Theory]
    [InlineData(1920, 1080)]
    [InlineData(4096, 2031)]
    [InlineData(4095, 16)]
    public void Sizes_that_people_ask_for_are_valid(int width, int height) => (TinyModel.Quick with { Width = width, Height = height }).Validate();

    [Fact]
    public void Parts_that_are_none_are_refused()
    {
        ChromaImage image = new(4, 3, new byte[36]);
        Assert.Equal("width", Assert.Throws<ArgumentOutOfRangeException>(() => image.Crop(5, 1)).ParamName);
        Assert.Equal("width", Assert.Throws<ArgumentOutOfRangeException>(() => image.Crop(0, 1)).ParamName);
        Assert.Equal("height", Assert.Throws<ArgumentOutOfRangeException>(() => image.Crop(1, 4)).ParamName);
        Assert.Equal("height", Assert.Throws<ArgumentOutOfRangeException>(() => image.Crop(1, -1)).ParamName);
    }
}
