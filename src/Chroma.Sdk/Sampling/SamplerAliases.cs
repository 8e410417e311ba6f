using System.Collections.Frozen;
using Chroma.Configuration;
using Chroma.Scheduling;

namespace Chroma.Sampling;

/// <summary>The names that samplers have elsewhere, by their <see cref="NameKey"/>.</summary>
internal static class SamplerAliases
{
    // ComfyUI's "gpu" samplers are the same with noise drawn on the GPU. UniPCMultistepScheduler's default variant is bh2.
    private static readonly FrozenDictionary<string, SamplerName> _elsewhere = new (string Alias, string Sampler, string? Scheduler)[]
    {
        ("Euler a", "euler_ancestral", null),
        ("Heun++", "heunpp2", null),
        ("DPM2 a", "dpm_2_ancestral", null),
        ("DPM++ 2S a", "dpmpp_2s_ancestral", null),
        ("dpmpp_sde_gpu", "dpmpp_sde", null),
        ("dpmpp_2m_sde_gpu", "dpmpp_2m_sde", null),
        ("dpmpp_2m_sde_heun_gpu", "dpmpp_2m_sde_heun", null),
        ("dpmpp_3m_sde_gpu", "dpmpp_3m_sde", null),
        ("UniPC bh1", "uni_pc", null),
        ("EulerDiscreteScheduler", "euler", null),
        ("EulerAncestralDiscreteScheduler", "euler_ancestral", null),
        ("HeunDiscreteScheduler", "heun", null),
        ("KDPM2DiscreteScheduler", "dpm_2", null),
        ("KDPM2AncestralDiscreteScheduler", "dpm_2_ancestral", null),
        ("LMSDiscreteScheduler", "lms", null),
        ("DPMSolverMultistepScheduler", "dpmpp_2m", null),
        ("DPMSolverSDEScheduler", "dpmpp_sde", null),
        ("UniPCMultistepScheduler", "uni_pc_bh2", null),
        ("DEISMultistepScheduler", "deis", null),
        ("IPNDMScheduler", "ipndm", null),
        ("DDIMScheduler", "ddim", null),
        ("DDPMScheduler", "ddpm", null),
        ("LCMScheduler", "lcm", null),
        ("SASolverScheduler", "sa_solver", null),
        ("FlowMatchEulerDiscreteScheduler", "euler", "flow_match"),
        ("FlowMatchHeunDiscreteScheduler", "heun", "flow_match"),
        ("FlowMatchLCMScheduler", "lcm", "flow_match"),
    }.ToFrozenDictionary(entry => NameKey.Of(entry.Alias), entry => new SamplerName(entry.Sampler, entry.Scheduler), StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, SamplerName> _ours =
        Samplers.BuiltIn.Names.ToFrozenDictionary(NameKey.Of, name => new SamplerName(name), StringComparer.Ordinal);

    /// <summary>Finds the meaning of a name.</summary>
    public static bool TryFind(string text, out SamplerName name)
    {
        string key = NameKey.Of(text);
        if (key.StartsWith("sample", StringComparison.Ordinal))
        {
            key = key["sample".Length..]; // k-diffusion's functions
        }

        return TryFindKey(key, out name) || (key.StartsWith('k') && TryFindKey(key[1..], out name));
    }

    private static bool TryFindKey(string key, out SamplerName name)
    {
        if (TryFindAlone(key, out name))
        {
            return true;
        }

        // A scheduler's own name, such as ddim_uniform, is no sampler's with a scheduler after it.
        if (SchedulerAliases.TryFindKey(key, out _))
        {
            return false;
        }

        for (int end = key.Length - 1; end > 0; end--)
        {
            if (TryFindAlone(key[..end], out SamplerName sampler) && sampler.Scheduler is null
                && SchedulerAliases.TryFindSuffix(key[end..], out IScheduler? scheduler))
            {
                name = sampler with { Scheduler = scheduler.Name };
                return true;
            }
        }

        return false;
    }

    private static bool TryFindAlone(string key, out SamplerName name) => _ours.TryGetValue(key, out name) || _elsewhere.TryGetValue(key, out name);
}
