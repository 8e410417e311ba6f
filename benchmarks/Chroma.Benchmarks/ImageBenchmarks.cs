using BenchmarkDotNet.Attributes;
using Chroma.Imaging;
using Chroma.Noise;
using Chroma.Tensors;

namespace Chroma.Benchmarks;

/// <summary>From the autoencoder's 1024 x 1024 picture to a file's bytes, and the initial noise.</summary>
[MemoryDiagnoser]
public class ImageBenchmarks
{
    private const int Side = 1024;

    private readonly FloatTensor _tensor = new(1, 3, Side, Side);
    private readonly float[] _latent = new float[16 * Side / 8 * Side / 8];
    private ChromaImage? _image;

    /// <summary>Makes a picture of soft gradients: noise would not compress as pictures do.</summary>
    [GlobalSetup]
    public void Draw()
    {
        Span<float> values = _tensor.Span;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = MathF.Sin(i % Side * 0.01f) * MathF.Cos(i / Side * 0.013f);
        }

        _image = ChromaImage.FromTensor(_tensor);
    }

    /// <summary>float32 planes to bytes.</summary>
    [Benchmark]
    public ChromaImage FromTensor() => ChromaImage.FromTensor(_tensor);

    /// <summary>Bytes to a PNG file.</summary>
    [Benchmark]
    public byte[] EncodePng() => _image!.Encode(ImageFormat.Png);

    /// <summary>PyTorch's numbers for a latent.</summary>
    [Benchmark]
    public float InitialNoise()
    {
        new TorchNoise(seed: 1).Fill(_latent);
        return _latent[0];
    }
}
