namespace Chroma.Layers.Tests;

/// <summary>
/// How far float32 results may be from the stored ones, as a fraction of the largest magnitude in each tensor. Each figure is ten times what
/// the public implementations named beside it differ by among themselves (or from the same code in float64), none is looser.
/// </summary>
internal static class Tolerances
{
    /// <summary>01_timestep_embedding: flow, ComfyUI and diffusers are bit-identical; one unit in the last place of 1 is left to cos and sin.</summary>
    public const double TimestepEmbedding = 1.2e-7;

    /// <summary>01_approximator: flow against diffusers, 5.44e-7.</summary>
    public const double Approximator = 5.44e-6;

    /// <summary>02_modulation_slices: flow against float64, 5.46e-8.</summary>
    public const double Modulation = 5.46e-7;

    /// <summary>02_norm_eps: flow against itself; PyTorch's norms against float64 are at 1.2e-7 (02_qknorm_rope_attention, q_norm).</summary>
    public const double Norms = 1.2e-6;

    /// <summary>02_qknorm_rope_attention, q_norm: flow against float64, 1.21e-7.</summary>
    public const double QKNorm = 1.2e-6;

    /// <summary>02_qknorm_rope_attention, pe: the programs are bit-identical, from angles in float64; one unit in the last place of 1 is left to cos and sin.</summary>
    public const double RopeTable = 1.2e-7;

    /// <summary>02_qknorm_rope_attention, k_rope: flow against ComfyUI, 6.76e-8.</summary>
    public const double Rope = 6.76e-7;

    /// <summary>02_qknorm_rope_attention, attn_mask_key: flow against float64, 3.71e-7.</summary>
    public const double Attention = 3.71e-6;

    /// <summary>03_last_layer: flow against ComfyUI, 1.64e-7.</summary>
    public const double LastLayer = 1.64e-6;

    /// <summary>03_dit_nomask, every layer and the whole: flow against ComfyUI, diffusers and float64, 1.57e-6.</summary>
    public const double Transformer = 1.56e-5;

    /// <summary>03_dit_mask: flow against diffusers, 1.40e-6.</summary>
    public const double MaskedTransformer = 1.39e-5;

    /// <summary>03_dit_drop: flow's masked run against its run without the dropped tokens, 4.08e-7.</summary>
    public const double DroppedTransformer = 4.08e-6;

    /// <summary>04_t5_nomask: ComfyUI against flow, 4.00e-7.</summary>
    public const double TextEncoder = 4.0e-6;

    /// <summary>04_t5_mask: ComfyUI against flow, 2.69e-7.</summary>
    public const double MaskedTextEncoder = 2.69e-6;

    /// <summary>06_vae_encode: flow against diffusers, 1.21e-6.</summary>
    public const double Encoder = 1.2e-5;

    /// <summary>06_vae_decode: flow against diffusers, 8.85e-7.</summary>
    public const double Decoder = 8.85e-6;

    /// <summary>09_e2e_masked: flow against diffusers' loop, 1.35e-6.</summary>
    public const double EndToEndMasked = 1.35e-5;

    /// <summary>09_e2e_comfy_minpad1: ComfyUI against flow, 1.18e-6.</summary>
    public const double EndToEndOnePadding = 1.18e-5;

    /// <summary>09_e2e_comfy_nopad: ComfyUI against flow, 1.51e-6.</summary>
    public const double EndToEndNoPadding = 1.51e-5;

    /// <summary>Where the expected numbers were worked out by hand, to seven digits.</summary>
    public const double ByHand = 2e-6;
}
