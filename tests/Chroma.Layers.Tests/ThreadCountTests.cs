using Chroma.Models;
using Chroma.Tensors;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>The number of threads decides how fast a result comes, not what it is: the same bits for any.</summary>
public class ThreadCountTests(StoredModels models)
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void The_transformer_gives_the_same_bits(int threads)
    {
        FloatTensor latent = Ramp(2, 16, 8, 6), context = Ramp(2, 10, 40);
        bool[,] mask = new bool[2, 10];
        (mask[0, 0], mask[0, 1], mask[1, 0]) = (true, true, true);

        SameBits(threads, options => models.Transformer.Forward(latent, [0.7f, 0.3f], context, mask, options));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void The_text_encoder_gives_the_same_bits(int threads)
    {
        int[,] ids = { { 5, 9, 200, 1, 0, 0, 0 }, { 7, 1, 0, 0, 0, 0, 0 } };
        bool[,] mask = { { true, true, true, true, false, false, false }, { true, true, false, false, false, false, false } };

        SameBits(threads, options => models.TextEncoder.Encode(ids, mask, TextMask.Key, options));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void The_autoencoder_gives_the_same_bits_both_ways(int threads)
    {
        FloatTensor latent = Ramp(1, 16, 4, 6), image = Ramp(1, 3, 24, 32);

        SameBits(threads, options => models.Autoencoder.Decode(latent, options: options));
        SameBits(threads, options => models.Autoencoder.Encode(image, options: options).Mean);
    }

    private static void SameBits(int threads, Func<RunOptions, FloatTensor> run) =>
        Assert.Equal(run(new RunOptions { Threads = 1 }).Span.ToArray(), run(new RunOptions { Threads = threads }).Span.ToArray());

    private static FloatTensor Ramp(params int[] shape)
    {
        FloatTensor tensor = new(shape);
        for (int i = 0; i < tensor.Length; i++)
        {
            tensor.Span[i] = MathF.Sin(i * 0.37f);
        }

        return tensor;
    }
}
