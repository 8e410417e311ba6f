using BenchmarkDotNet.Attributes;
using Chroma.Noise;
using Chroma.Sampling;

namespace Chroma.Benchmarks;

/// <summary>
/// What a sampler costs beside the network: ten steps on the latent of a 1024 x 1024 picture, with a denoiser that costs next to nothing. The
/// figures are per step.
/// </summary>
[MemoryDiagnoser]
public class SamplerBenchmarks
{
    private const int Steps = 10;
    private const int LatentElements = 16 * 128 * 128;

    private readonly float[] _noise = new float[LatentElements];
    private readonly float[] _latent = new float[LatentElements];
    private readonly float[] _sigmas = [.. Enumerable.Range(0, Steps + 1).Select(i => 1 - ((float)i / Steps))];
    private ISampler? _sampler;

    /// <summary>The sampler's name.</summary>
    [Params("euler", "euler_ancestral", "dpmpp_2m", "heun", "uni_pc", "sa_solver")]
    public string Sampler { get; set; } = Samplers.Default;

    /// <summary>Draws the noise once.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        new TorchNoise(seed: 1).Fill(_noise);
        _sampler = Samplers.BuiltIn.Create(Sampler);
    }

    /// <summary>From noise to nothing.</summary>
    [Benchmark(OperationsPerInvoke = Steps)]
    public float Step()
    {
        _noise.CopyTo(_latent, 0);
        _sampler!.Sample(new SamplerRun(_latent, _sigmas, static (x, sigma, denoised) => x.CopyTo(denoised))
        {
            Noise = new PreparedNoise(_noise),
        });
        return _latent[0];
    }

    // Drawing noise is measured elsewhere.
    private sealed class PreparedNoise(float[] noise) : ISamplerNoise
    {
        public void Fill(Span<float> destination, float sigma, float sigmaNext) => noise.AsSpan(0, destination.Length).CopyTo(destination);
    }
}
