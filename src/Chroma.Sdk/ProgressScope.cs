namespace Chroma;

/// <summary>Progress of one picture of several: keeps fractions from falling and drops reports that say nothing new.</summary>
internal sealed class ProgressScope(IProgress<GenerationProgress>? progress, int image, int images)
{
    private GenerationStage _stage = (GenerationStage)(-1);
    private double _fraction;

    public bool IsWanted => progress is not null;

    /// <summary>Evaluations of the transformer that step caching has saved; part of every report.</summary>
    public int SavedEvaluations { get; set; }

    public void Report(GenerationStage stage, double fraction, int step = 0, int steps = 0)
    {
        if (progress is null || (stage == _stage && fraction <= _fraction))
        {
            return;
        }

        _stage = stage;
        _fraction = Math.Clamp(fraction, 0, 1);
        progress.Report(new GenerationProgress(stage, image, images, step, steps, _fraction) { SavedEvaluations = SavedEvaluations });
    }
}
