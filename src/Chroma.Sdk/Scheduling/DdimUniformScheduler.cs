namespace Chroma.Scheduling;

/// <summary>
/// ComfyUI's <c>ddim_uniform</c>: every so many entries of the table, counted from the second lowest, as in Song et al., "Denoising diffusion
/// implicit models", 2020. The distance is a whole number, so the highest level may be below 1 and there may be more steps than asked for.
/// </summary>
public sealed class DdimUniformScheduler : TableScheduler
{
    /// <inheritdoc/>
    public override string Name => "ddim_uniform";

    /// <inheritdoc/>
    protected override float[] Pick(SigmaTable table, int steps)
    {
        ArgumentNullException.ThrowIfNull(table);

        // Where the first level is as good as 0, ComfyUI lets it stand for the 0 at the end, and so spares a step.
        const float asGoodAsZero = 1e-5f;
        bool endsAtFirst = table.Sigmas[1] <= asGoodAsZero;
        int distance = Math.Max(table.Sigmas.Length / (endsAtFirst ? steps + 1 : steps), 1);
        List<float> sigmas = [0];
        for (int entry = endsAtFirst ? 1 + distance : 1; entry < table.Sigmas.Length; entry += distance)
        {
            sigmas.Add(table.Sigmas[entry]);
        }

        sigmas.Reverse();
        return [.. sigmas];
    }
}
