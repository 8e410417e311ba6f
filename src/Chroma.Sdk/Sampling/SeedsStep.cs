namespace Chroma.Sampling;

/// <summary>A step of the SEEDS solvers: places inside it are given as parts of its width in half log SNR, 0 to 1.</summary>
internal readonly struct SeedsStep
{
    private readonly double _sigma;
    private readonly double _lambda;
    private readonly double _eta;

    /// <summary>Plans the step from <paramref name="sigma"/> (below 1) to <paramref name="next"/> (above 0).</summary>
    public SeedsStep(double sigma, double next, double eta)
    {
        _sigma = sigma;
        _eta = eta;
        _lambda = FlowMath.HalfLogSnr(sigma);
        H = FlowMath.HalfLogSnr(next) - _lambda;
    }

    /// <summary>The width in half log SNR.</summary>
    public double H { get; }

    /// <summary>The width as the SDE of this eta feels it: h · (1 + eta).</summary>
    public double HEta => H * (1 + _eta);

    /// <summary>The noise level at a part of the step.</summary>
    public double SigmaAt(double part) => FlowMath.Sigma(_lambda + (part * H));

    /// <summary>The factor on x when going to a part of the step, whose noise level is given.</summary>
    public double Keep(double part, double sigmaAtPart) => sigmaAtPart / _sigma * Math.Exp(-part * H * _eta);

    /// <summary>How much the noise gathered so far decays between two parts of the step.</summary>
    public double Decay(double from, double to) => Math.Exp((from - to) * H * _eta);

    /// <summary>The standard deviation of the noise gathered between two parts of the step.</summary>
    public double Gain(double from, double to) => Math.Sqrt(-double.ExpM1(2 * (from - to) * H * _eta));
}

/// <summary>The noise that the stages of one SEEDS step share: each stage keeps what came before and adds its own.</summary>
internal sealed class SeedsNoise
{
    private readonly SamplerRun _run;
    private readonly double _scale;
    private readonly bool _active;
    private readonly float[] _gathered;
    private readonly float[] _fresh;

    /// <summary>Prepares the buffers; with eta or the scale at 0 no noise is ever taken.</summary>
    public SeedsNoise(SamplerRun run, double eta, double scale)
    {
        _run = run;
        _scale = scale;
        _active = eta > 0 && scale > 0;
        _gathered = run.NewBuffer();
        _fresh = run.NewBuffer();
    }

    /// <summary>Takes the noise of the first stage.</summary>
    public void Start(SeedsStep step, double to, double sigma, double sigmaTo)
    {
        Array.Clear(_gathered);
        Continue(step, 0, to, sigma, sigmaTo);
    }

    /// <summary>Takes the noise of the next stage.</summary>
    public void Continue(SeedsStep step, double from, double to, double sigma, double sigmaTo)
    {
        if (_active)
        {
            _run.NextNoise(_fresh, (float)sigma, (float)sigmaTo);
            Blend.Set(_gathered, step.Decay(from, to), _gathered, step.Gain(from, to), _fresh);
        }
    }

    /// <summary>Adds what has been gathered to a latent of noise level sigma.</summary>
    public void AddTo(Span<float> x, double sigma)
    {
        if (_active)
        {
            Blend.Add(x, sigma * _scale, _gathered);
        }
    }
}
