using Chroma.Models;
using Chroma.Sampling;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>From token ids to pixels: T5, transformer with guidance, Euler steps on the stored noise levels, autoencoder.</summary>
public class EndToEndFromIdsTests(StoredModels models)
{
    private const float GuidanceScale = 4;

    private static readonly string[] _prompts = ["pos", "neg"];

    [Fact]
    public void Padding_hidden_from_the_prompt_as_diffusers_means_it()
    {
        using StoredCase stored = new("09_e2e_masked", Tolerances.EndToEndMasked);
        FloatTensor[] states = Encode(stored, TextMask.Key, "t5");
        bool[,] keep = Masks(stored, "keep");
        Assert.Equal(keep, PaddingMask.Generate(Masks(stored, "tokenizer_mask")));

        foreach (string schedule in new[] { "linear", "shift3", "comfy_simple_mu1.15" })
        {
            CompareRun(stored, schedule, Named.Concat(0, states), keep);
        }

        // The training code masks padding queries as well; its own pipeline gets elsewhere.
        FloatTensor[] training = Encode(stored, TextMask.Training, "t5", "flow_t5.");
        FloatTensor latent = Sample(stored.Input("noise"), stored.Input("linear.sigmas").Span, Named.Concat(0, training), keep);
        stored.Compare("flow_t5.linear.x6", latent);
        Assert.True(TensorDifference.Between(latent, stored.Input("linear.x6")).MaxAbsolute > 0.1);
        stored.AssertEveryTensorWasUsed();
    }

    [Theory]
    [InlineData("09_e2e_comfy_minpad1", 1, Tolerances.EndToEndOnePadding)]
    [InlineData("09_e2e_comfy_nopad", 0, Tolerances.EndToEndNoPadding)]
    public void No_mask_and_at_most_one_padding_token_as_ComfyUI_does(string name, int paddingTokens, double tolerance)
    {
        using StoredCase stored = new(name, tolerance);
        int[] lengths = [.. _prompts.Select(prompt => (int)stored.Input($"{prompt}.len").Span[0] + paddingTokens)];
        FloatTensor context = new(_prompts.Length, lengths.Max(), models.TextEncoder.Info.HiddenSize);
        bool[,] keep = new bool[_prompts.Length, lengths.Max()];
        for (int i = 0; i < _prompts.Length; i++)
        {
            FloatTensor states = models.TextEncoder.Encode(stored.Input($"{_prompts[i]}.ids").Slice(1, 0, lengths[i]).ToIds());
            stored.Compare($"{_prompts[i]}.b0.t5", states);
            states.Span.CopyTo(context.Span[(i * context.Length / _prompts.Length)..]);
            for (int token = 0; token < lengths[i]; token++)
            {
                keep[i, token] = true;
            }
        }

        foreach (string schedule in new[] { "linear", "comfy_simple_mu1.15" })
        {
            CompareRun(stored, schedule, context, keep);
        }

        stored.AssertEveryTensorWasUsed();
    }

    private FloatTensor[] Encode(StoredCase stored, TextMask mask, string name, string prefix = "") =>
    [
        .. _prompts.Select(prompt =>
        {
            FloatTensor states = models.TextEncoder.Encode(
                stored.Input($"{prompt}.ids").ToIds(), stored.Input($"{prompt}.tokenizer_mask").ToMask(), mask);
            stored.Compare($"{prefix}{prompt}.{name}", states);
            return states;
        }),
    ];

    private static bool[,] Masks(StoredCase stored, string name) =>
        Named.Concat(0, [.. _prompts.Select(prompt => stored.Input($"{prompt}.{name}"))]).ToMask();

    private void CompareRun(StoredCase stored, string schedule, FloatTensor context, bool[,] keep)
    {
        FloatTensor sigmas = stored.Input($"{schedule}.sigmas");
        FloatTensor latent = Sample(stored.Input("noise"), sigmas.Span, context, keep, (step, x, conditional, unconditional) =>
        {
            stored.Compare($"{schedule}.x{step}", x);
            if (stored.Has($"{schedule}.v_cond{step}"))
            {
                stored.Compare($"{schedule}.v_cond{step}", conditional);
                stored.Compare($"{schedule}.v_uncond{step}", unconditional);
            }
        });
        stored.Compare($"{schedule}.x{sigmas.Length - 1}", latent);

        AutoencoderInfo info = models.Autoencoder.Info;
        FloatTensor z = latent.Clone();
        foreach (ref float value in z.Span)
        {
            value = (value / info.ScaleFactor) + info.ShiftFactor;
        }

        stored.Compare($"{schedule}.pixels", models.Autoencoder.Decode(z));
    }

    // Conditional and unconditional velocities in one batch, whose prompts have different lengths.
    private FloatTensor Sample(
        FloatTensor noise,
        ReadOnlySpan<float> sigmas,
        FloatTensor context,
        bool[,] keep,
        Action<int, FloatTensor, FloatTensor, FloatTensor>? onStep = null)
    {
        FloatTensor x = noise.Clone();
        int step = 0;
        SamplerRun run = new(x.Memory, sigmas, (latent, sigma, denoised) =>
        {
            FloatTensor current = new(latent.ToArray(), noise.Shape);
            FloatTensor velocities = models.Transformer.Forward(Named.Concat(0, current, current), [sigma, sigma], context, keep);
            FloatTensor conditional = velocities.Slice(0, 0, 1), unconditional = velocities.Slice(0, 1, 1);
            onStep?.Invoke(step++, current, conditional, unconditional);
            Guidance.Combine(unconditional.Span, conditional.Span, GuidanceScale, denoised);
            Guidance.VelocityToDenoised(latent, denoised, sigma, denoised);
        });
        new EulerSampler().Sample(run);
        return x;
    }
}
