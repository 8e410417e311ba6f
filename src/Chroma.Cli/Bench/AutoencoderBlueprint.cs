using Chroma.Models;

namespace Chroma.Cli.Bench;

/// <summary>The decoder of FLUX's autoencoder: its tensors, and the work of decoding a picture.</summary>
internal sealed class AutoencoderBlueprint
{
    private const int LatentChannels = 16;
    private const int ImageChannels = 3;
    private const int BlocksPerLevel = 3;
    private const int Downscale = 8;

    // Channels of the levels, the one of the picture's size first.
    private static readonly int[] _multiples = [1, 2, 4, 4];

    private readonly TensorList _list = new();
    private double _convolutions; // multiplications per latent pixel
    private double _projections; // of the attention, per latent pixel

    public AutoencoderBlueprint(BenchSizes sizes)
    {
        int widest = sizes.AutoencoderChannels * _multiples[^1];
        AttentionChannels = widest;
        AddConvolution("decoder.conv_in", LatentChannels, widest, scale: 1);
        AddResBlock("decoder.mid.block_1", widest, widest, scale: 1);
        _list.AddGroupNorm("decoder.mid.attn_1.norm", widest);
        foreach (string name in (string[])["q", "k", "v", "proj_out"])
        {
            _list.AddConvolution($"decoder.mid.attn_1.{name}", WeightType.F16, widest, widest, kernel: 1);
            _projections += (double)widest * widest;
        }

        AddResBlock("decoder.mid.block_2", widest, widest, scale: 1);
        int input = widest;
        int scale = 1;
        for (int level = _multiples.Length - 1; level >= 0; level--)
        {
            int output = sizes.AutoencoderChannels * _multiples[level];
            for (int block = 0; block < BlocksPerLevel; block++, input = output)
            {
                AddResBlock($"decoder.up.{level}.block.{block}", input, output, scale);
            }

            if (level > 0)
            {
                scale *= 2;
                AddConvolution($"decoder.up.{level}.upsample.conv", output, output, scale);
            }
        }

        _list.AddGroupNorm("decoder.norm_out", input);
        AddConvolution("decoder.conv_out", input, ImageChannels, scale);
    }

    /// <summary>All tensors: convolutions in half precision, as programs that run the autoencoder on a CPU take them.</summary>
    public IReadOnlyList<RandomTensor> Tensors => _list.Tensors;

    private double AttentionChannels { get; }

    /// <summary>The work of decoding a square picture in one piece.</summary>
    /// <param name="pixels">The picture's side.</param>
    public Work Work(int pixels)
    {
        double latentPixels = Math.Pow(pixels / (double)Downscale, 2);
        return new Work(0, 2 * 2 * latentPixels * latentPixels * AttentionChannels, 2 * latentPixels * (_convolutions + _projections));
    }

    private void AddResBlock(string name, int input, int output, int scale)
    {
        _list.AddGroupNorm($"{name}.norm1", input);
        AddConvolution($"{name}.conv1", input, output, scale);
        _list.AddGroupNorm($"{name}.norm2", output);
        AddConvolution($"{name}.conv2", output, output, scale);
        if (input != output)
        {
            _list.AddConvolution($"{name}.nin_shortcut", WeightType.F16, input, output, kernel: 1);
            _convolutions += (double)input * output * scale * scale;
        }
    }

    // A 3 x 3 convolution on a plane of `scale` times the latent's sides.
    private void AddConvolution(string name, int input, int output, int scale)
    {
        const int kernel = 3;
        _list.AddConvolution(name, WeightType.F16, input, output, kernel);
        _convolutions += (double)input * output * kernel * kernel * scale * scale;
    }
}
