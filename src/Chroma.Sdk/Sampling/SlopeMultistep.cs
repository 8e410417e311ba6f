namespace Chroma.Sampling;

/// <summary>The loop that ipndm, ipndm_v and deis share: x plus a weighted sum of the last slopes.</summary>
internal static class SlopeMultistep
{
    /// <summary>Runs all steps.</summary>
    /// <param name="run">The run.</param>
    /// <param name="maxOrder">The most slopes to use; the first steps have fewer.</param>
    /// <param name="weights">The weights, newest slope first, of a step and an order; not asked for a step that ends at 0.</param>
    public static void Sample(SamplerRun run, int maxOrder, Func<int, int, double[]> weights)
    {
        Span<float> x = run.X.Span;
        float[] start = x.ToArray();
        float[] denoised = run.NewBuffer();
        History slopes = new(maxOrder, x.Length);
        for (int i = 0; i < run.Steps; i++)
        {
            float sigma = run.Sigmas[i];
            run.Evaluate(x, sigma, denoised);

            // ComfyUI's callback sees the starting latent in every step of these samplers; see SamplerStep.X
            run.Report(i, sigma, start, denoised);
            Blend.Derivative(x, denoised, sigma, slopes.Push());
            if (run.Sigmas[i + 1] == 0)
            {
                denoised.CopyTo(x);
                continue;
            }

            double[] current = weights(i, slopes.Count);
            for (int age = 0; age < current.Length; age++)
            {
                Blend.Add(x, current[age], slopes[age]);
            }
        }
    }
}
