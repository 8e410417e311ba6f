using Chroma.Sampling;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Sdk.Tests.Sampling;

/// <summary>
/// Every sampler against ComfyUI's, step by step: what the callback saw, every evaluation of the model and every request for noise.
/// The schedules are eight even steps, six of ComfyUI's simple, one that starts below 1 and one that does not end at 0.
/// </summary>
public class StoredSamplerTests
{
    /// <summary>Float32 against float64 runs of the original agree to about a tenth of this, as a fraction of the largest value.</summary>
    private const double Tolerance = 2e-6;

    /// <summary>ComfyUI's uni_pc computes 1 - alpha² in float32, which costs 1e-4 of the largest value near sigma 0.</summary>
    private const double UniPcTolerance = 1e-3;

    /// <summary>Case, sampler, options, tolerance.</summary>
    private static readonly (string Case, string Sampler, string Options, double Tolerance)[] _cases =
    [
        ("ddpm", "ddpm", "", 2.2e-6),
        ("deis", "deis", "", Tolerance),
        ("dpm_2", "dpm_2", "", Tolerance),
        ("dpm_2_ancestral", "dpm_2_ancestral", "", Tolerance),
        ("dpmpp_2m", "dpmpp_2m", "", Tolerance),
        ("dpmpp_2m_sde", "dpmpp_2m_sde", "", Tolerance),
        ("dpmpp_2m_sde_eta0.0", "dpmpp_2m_sde", "eta=0", Tolerance),
        ("dpmpp_2m_sde_heun", "dpmpp_2m_sde_heun", "", Tolerance),
        ("dpmpp_2m_sde_heun", "dpmpp_2m_sde", "solver_type=heun", Tolerance),
        ("dpmpp_2s_ancestral", "dpmpp_2s_ancestral", "", Tolerance),
        ("dpmpp_2s_ancestral_eta0.0", "dpmpp_2s_ancestral", "eta=0", Tolerance),
        ("dpmpp_3m_sde", "dpmpp_3m_sde", "", Tolerance),
        ("dpmpp_3m_sde_eta0.0", "dpmpp_3m_sde", "eta=0", 2.2e-6),
        ("dpmpp_sde", "dpmpp_sde", "", Tolerance),
        ("dpmpp_sde_eta0.0", "dpmpp_sde", "eta=0", Tolerance),
        ("er_sde", "er_sde", "", 3.5e-6),
        ("euler", "euler", "", Tolerance),
        ("euler", "ddim", "", Tolerance),
        ("euler", "lms", "order=1", Tolerance),
        ("euler", "gradient_estimation", "ge_gamma=1", Tolerance),
        ("euler_ancestral", "euler_ancestral", "", Tolerance),
        ("euler_ancestral_eta0.0", "euler_ancestral", "eta=0", Tolerance),
        ("euler_ancestral_eta0.5_s_noise1.1", "euler_ancestral", "eta=0.5 s_noise=1.1", Tolerance),
        ("gradient_estimation", "gradient_estimation", "", Tolerance),
        ("heun", "heun", "", Tolerance),
        ("heunpp2", "heunpp2", "", Tolerance),
        ("ipndm", "ipndm", "", Tolerance),
        ("ipndm_v", "ipndm_v", "", 2.1e-6),
        ("lcm", "lcm", "", Tolerance),
        ("lms", "lms", "", Tolerance),
        ("res_multistep", "res_multistep", "", Tolerance),
        ("res_multistep", "res_multistep_ancestral", "eta=0", Tolerance),
        ("res_multistep_ancestral", "res_multistep_ancestral", "", Tolerance),
        ("sa_solver", "sa_solver", "", Tolerance),
        ("sa_solver_pece", "sa_solver_pece", "", Tolerance),
        ("sa_solver_pece", "sa_solver", "use_pece=true", Tolerance),
        ("seeds_2", "seeds_2", "", Tolerance),
        ("seeds_3", "seeds_3", "", 2.1e-6),
        ("uni_pc", "uni_pc", "", UniPcTolerance),
        ("uni_pc_bh2", "uni_pc_bh2", "", UniPcTolerance),
        ("uni_pc_bh2", "uni_pc", "variant=bh2", UniPcTolerance),
    ];

    public static TheoryData<string, string, string, string, double> Cases()
    {
        TheoryData<string, string, string, string, double> rows = [];
        foreach ((string name, string sampler, string options, double tolerance) in _cases)
        {
            foreach (string schedule in (string[])["lin8", "simple6", "part5", "open_end4"])
            {
                rows.Add(name, sampler, options, schedule, tolerance);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_step_agrees_with_the_stored_run(string name, string sampler, string options, string schedule, double tolerance)
    {
        using SafetensorsFile stored = Golden.Open($"08_sampler_{name}");
        float[] x = stored.ReadFloats("x_init").Span.ToArray();
        AnalyticDenoiser model = new(stored.ReadFloats("A").Span.ToArray());
        StoredNoise noise = new(stored.Contains("noises") ? stored.ReadFloats("noises").Span.ToArray() : []);
        List<float> steps = [];
        List<float> answers = [];
        SamplerRun run = new(x, stored.ReadFloats($"{schedule}.sigmas").Span, model.Denoise)
        {
            Noise = noise,
            OnStep = step =>
            {
                steps.AddRange(step.X);
                answers.AddRange(step.Denoised);
            },
        };

        Samplers.BuiltIn.Create(sampler, Options(options)).Sample(run);
        steps.AddRange(x);

        Check($"{schedule}.calls.sigma", model.Sigmas);
        Check($"{schedule}.calls.x", model.Inputs);
        Check($"{schedule}.x", steps);
        Check($"{schedule}.denoised", answers);
        CheckNoise(stored, schedule, name, noise.Calls);

        void Check(string tensor, List<float> actual) =>
            Agree.RelativeOfMax(actual.ToArray(), stored.ReadFloats(tensor).Span, tolerance, $"{sampler} {tensor}");
    }

    /// <summary>res_multistep asks ComfyUI for noise that it multiplies by zero; here it asks for none.</summary>
    private static void CheckNoise(SafetensorsFile stored, string schedule, string name, List<float> calls)
    {
        string tensor = $"{schedule}.noise_calls";
        if (name == "res_multistep" || !stored.Contains(tensor))
        {
            Assert.Empty(calls);
            return;
        }

        Agree.WithinAbsolute(calls.ToArray(), stored.ReadFloats(tensor).Span, 1e-7, tensor);
    }

    private static IEnumerable<KeyValuePair<string, string>> Options(string text) =>
        from pair in text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        let parts = pair.Split('=')
        select KeyValuePair.Create(parts[0], parts[1]);
}
