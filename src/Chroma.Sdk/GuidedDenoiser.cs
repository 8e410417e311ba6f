using Chroma.Models;
using Chroma.Sampling;
using Chroma.Tensors;

namespace Chroma;

/// <summary>
/// The transformer with classifier-free guidance, as a sampler sees it. The conditional and the unconditional pass are one batch of two, so each
/// weight is read once for both. Owns the buffers of one run.
/// </summary>
internal sealed class GuidedDenoiser : IDisposable
{
    private readonly Transformer _transformer;
    private readonly float _guidance;
    private readonly RunOptions _run;
    private readonly LatentSize _size;
    private readonly float[] _latent;
    private readonly float[] _velocity;
    private readonly FloatTensor _context;
    private readonly bool[,] _keep;
    private readonly float[] _timestep;
    private readonly StepCache? _cache;

    /// <param name="transformer">The model.</param>
    /// <param name="shape">A tensor of the latent's shape, [1, 16, h, w].</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="negative">The negative prompt; null leaves guidance out.</param>
    /// <param name="guidance">The scale w of v = v_u + w (v_c - v_u).</param>
    /// <param name="cacheThreshold">See <see cref="GenerationOptions.CacheThreshold"/>; 0 for no caching.</param>
    /// <param name="run">Cancellation and progress of each evaluation.</param>
    public GuidedDenoiser(
        Transformer transformer, FloatTensor shape, PromptEmbedding prompt, PromptEmbedding? negative, float guidance, float cacheThreshold, RunOptions run)
    {
        PromptEmbedding[] prompts = negative is null ? [prompt] : [prompt, negative];
        _transformer = transformer;
        _guidance = guidance;
        _cache = cacheThreshold > 0 ? new StepCache(cacheThreshold) : null;
        _run = run with { StepCache = _cache };
        _size = new LatentSize(prompts.Length, shape.Shape[2], shape.Shape[3]);
        _latent = new float[prompts.Length * shape.Length];
        _velocity = new float[_latent.Length];
        _timestep = new float[prompts.Length];

        // Prompts of different lengths share a tensor; the mask says which tokens exist.
        int tokens = prompts.Max(p => p.States.Shape[1]);
        int channels = prompt.States.Shape[2];
        _context = new FloatTensor(prompts.Length, tokens, channels);
        _keep = new bool[prompts.Length, tokens];
        for (int i = 0; i < prompts.Length; i++)
        {
            prompts[i].States.Span.CopyTo(_context.Span[(i * tokens * channels)..]);
            for (int token = 0; token < prompts[i].States.Shape[1]; token++)
            {
                _keep[i, token] = true;
            }
        }
    }

    /// <summary>Evaluations that caching saved so far. The prompt and the negative prompt are evaluated, or saved, together.</summary>
    public int SavedEvaluations => _cache is null ? 0 : (int)(_cache.Predicted / _size.Batch);

    /// <summary>Gives the cache's memory back.</summary>
    public void Dispose() => _cache?.Dispose();

    /// <summary>See <see cref="Denoiser"/>.</summary>
    public void Denoise(ReadOnlySpan<float> x, float sigma, Span<float> denoised)
    {
        for (int i = 0; i < _size.Batch; i++)
        {
            x.CopyTo(_latent.AsSpan(i * x.Length));
        }

        Array.Fill(_timestep, sigma);
        _transformer.Forward(_latent, _size, _timestep, _context, _keep, _velocity, _run);
        Span<float> velocity = _velocity.AsSpan(0, x.Length);
        if (_size.Batch == 2)
        {
            Guidance.Combine(_velocity.AsSpan(x.Length), velocity, _guidance, velocity);
        }

        Guidance.VelocityToDenoised(x, velocity, sigma, denoised);
    }
}
