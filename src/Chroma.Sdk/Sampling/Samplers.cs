namespace Chroma.Sampling;

/// <summary>
/// The samplers that come with the library, under ComfyUI's names and with its options. To add one:
/// <c>Samplers.BuiltIn.With("mine", options => new MySampler())</c>.
/// </summary>
public static class Samplers
{
    /// <summary>The sampler used when none is named.</summary>
    public const string Default = "euler";

    /// <summary>All samplers of the library.</summary>
    public static SamplerCatalog BuiltIn { get; } = SamplerCatalog.Empty
        .With("euler", Euler)
        .With("ddim", Euler)
        .With("euler_ancestral", o => new EulerAncestralSampler { Eta = Eta(o), NoiseScale = NoiseScale(o) })
        .With("heun", o => new HeunSampler { Churn = Churn.From(o) })
        .With("heunpp2", o => new HeunPlusPlusSampler { Churn = Churn.From(o) })
        .With("dpm_2", o => new Dpm2Sampler { Churn = Churn.From(o) })
        .With("dpm_2_ancestral", o => new Dpm2AncestralSampler { Eta = Eta(o), NoiseScale = NoiseScale(o) })
        .With("dpmpp_2s_ancestral", o => new DpmPlusPlus2SAncestralSampler { Eta = Eta(o), NoiseScale = NoiseScale(o) })
        .With("dpmpp_sde", o => new DpmPlusPlusSdeSampler { Eta = Eta(o), NoiseScale = NoiseScale(o), Stage = o.Number("r", 0.5) })
        .With("dpmpp_2m", _ => new DpmPlusPlus2MSampler())
        .With("dpmpp_2m_sde", o => DpmPlusPlus2MSde(o, SdeSolverType.Midpoint))
        .With("dpmpp_2m_sde_heun", o => DpmPlusPlus2MSde(o, SdeSolverType.Heun))
        .With("dpmpp_3m_sde", o => new DpmPlusPlus3MSdeSampler { Eta = Eta(o), NoiseScale = NoiseScale(o) })
        .With("ddpm", _ => new DdpmSampler())
        .With("lcm", Lcm)
        .With("ipndm", o => new IpndmSampler { MaxOrder = o.WholeNumber("max_order", 4) })
        .With("ipndm_v", o => new IpndmVariableSampler { MaxOrder = o.WholeNumber("max_order", 4) })
        .With("deis", o => new DeisSampler { MaxOrder = o.WholeNumber("max_order", 3) })
        .With("lms", o => new LmsSampler { Order = o.WholeNumber("order", 4) })
        .With("res_multistep", o => new ResMultistepSampler { NoiseScale = NoiseScale(o) })
        .With("res_multistep_ancestral", o => new ResMultistepSampler { Eta = Eta(o), NoiseScale = NoiseScale(o) })
        .With("gradient_estimation", o => new GradientEstimationSampler { Gamma = o.Number("ge_gamma", 2) })
        .With("er_sde", o => new ErSdeSampler { NoiseScale = NoiseScale(o), MaxStage = o.WholeNumber("max_stage", 3) })
        .With("seeds_2", Seeds2)
        .With("seeds_3", Seeds3)
        .With("sa_solver", o => SaSolver(o, pece: false))
        .With("sa_solver_pece", o => SaSolver(o, pece: true))
        .With("uni_pc", o => UniPc(o, UniPcVariant.Bh1))
        .With("uni_pc_bh2", o => UniPc(o, UniPcVariant.Bh2));

    private static double Eta(SamplerOptions options) => options.Number("eta", 1);

    private static double NoiseScale(SamplerOptions options) => options.Number("s_noise", 1);

    private static EulerSampler Euler(SamplerOptions options) => new() { Churn = Churn.From(options) };

    private static DpmPlusPlus2MSdeSampler DpmPlusPlus2MSde(SamplerOptions options, SdeSolverType type) => new()
    {
        Eta = Eta(options),
        NoiseScale = NoiseScale(options),
        SolverType = options.Choice("solver_type", type, ("midpoint", SdeSolverType.Midpoint), ("heun", SdeSolverType.Heun)),
    };

    private static LcmSampler Lcm(SamplerOptions options)
    {
        double scale = NoiseScale(options);
        return new LcmSampler
        {
            NoiseScale = scale,
            NoiseScaleEnd = options.Number("s_noise_end", scale),
            NoiseClip = options.Number("noise_clip_std", 0),
        };
    }

    private static Seeds2Sampler Seeds2(SamplerOptions options) => new()
    {
        Eta = Eta(options),
        NoiseScale = NoiseScale(options),
        Stage = options.Number("r", 0.5),
        SolverType = options.Choice(
            "solver_type", SeedsSolverType.Phi1, ("phi_1", SeedsSolverType.Phi1), ("phi_2", SeedsSolverType.Phi2)),
    };

    private static Seeds3Sampler Seeds3(SamplerOptions options) => new()
    {
        Eta = Eta(options),
        NoiseScale = NoiseScale(options),
        Stage2 = options.Number("r_1", 1.0 / 3),
        Stage3 = options.Number("r_2", 2.0 / 3),
    };

    private static SaSolverSampler SaSolver(SamplerOptions options, bool pece) => new()
    {
        Eta = Eta(options),
        StochasticFrom = options.Number("sde_start_percent", 0.2),
        StochasticTo = options.Number("sde_end_percent", 0.8),
        NoiseScale = NoiseScale(options),
        PredictorOrder = options.WholeNumber("predictor_order", 3),
        CorrectorOrder = options.WholeNumber("corrector_order", 4),
        EvaluateCorrected = options.Switch("use_pece", pece),
        SimpleOrder2 = options.Switch("simple_order_2", false),
    };

    private static UniPcSampler UniPc(SamplerOptions options, UniPcVariant variant) => new()
    {
        Variant = options.Choice("variant", variant, ("bh1", UniPcVariant.Bh1), ("bh2", UniPcVariant.Bh2)),
    };
}
