using Chroma.Models;

namespace Chroma.Cli.Bench;

/// <summary>Chroma's transformer: its tensors, and the work of one evaluation.</summary>
internal static class TransformerBlueprint
{
    // The Approximator's residual layers bring its variance to about 2.3; modulation is to have a deviation of about one half.
    private const float ModulationGain = 0.33f;

    /// <summary>All tensors. Matrices of the blocks have the type asked for; Approximator, first and last layers are never quantised.</summary>
    public static IReadOnlyList<RandomTensor> Tensors(BenchSizes sizes, WeightType type)
    {
        WeightType edge = type.IsQuantized() ? WeightType.BF16 : type;
        long hidden = sizes.Hidden;
        TensorList list = new();
        list.AddLinear("img_in", edge, BenchSizes.TokenChannels, hidden);
        list.AddLinear("txt_in", edge, sizes.Context, hidden);
        list.AddLinear("final_layer.linear", edge, hidden, BenchSizes.TokenChannels);
        AddApproximator(list, sizes, edge);
        for (int i = 0; i < sizes.DoubleBlocks; i++)
        {
            foreach (string side in (string[])["img", "txt"])
            {
                string prefix = $"double_blocks.{i}.{side}";
                list.AddLinear($"{prefix}_attn.qkv", type, hidden, 3 * hidden);
                list.AddLinear($"{prefix}_attn.proj", type, hidden, hidden);
                AddQueryKeyNorm(list, $"{prefix}_attn.norm");
                list.AddLinear($"{prefix}_mlp.0", type, hidden, sizes.Mlp);
                list.AddLinear($"{prefix}_mlp.2", type, sizes.Mlp, hidden);
            }
        }

        for (int i = 0; i < sizes.SingleBlocks; i++)
        {
            string prefix = $"single_blocks.{i}";
            list.AddLinear($"{prefix}.linear1", type, hidden, (3 * hidden) + sizes.Mlp);
            list.AddLinear($"{prefix}.linear2", type, hidden + sizes.Mlp, hidden);
            AddQueryKeyNorm(list, $"{prefix}.norm");
        }

        return list.Tensors;
    }

    /// <summary>The work of an evaluation of samples that share one timestep.</summary>
    /// <param name="info">The network.</param>
    /// <param name="samples">Samples at once.</param>
    /// <param name="imageTokens">Image tokens of each.</param>
    /// <param name="textTokens">Text tokens of each that the network sees.</param>
    public static Work Work(TransformerInfo info, int samples, int imageTokens, int textTokens)
    {
        double hidden = info.HiddenSize, mlp = info.MlpSize, approximator = info.ApproximatorSize;
        double tokens = imageTokens + textTokens;
        double tokenChannels = info.LatentChannels * info.PatchSize * info.PatchSize;

        // A double block's stream: qkv, proj, mlp.0 and mlp.2. A single block: linear1 and linear2. Both have as many weights per token.
        double doubleStream = (4 * hidden * hidden) + (2 * hidden * mlp);
        double single = (hidden * ((3 * hidden) + mlp)) + ((hidden + mlp) * hidden);
        double perSample = (tokens * ((info.DoubleBlocks * doubleStream) + (info.SingleBlocks * single)))
            + (imageTokens * 2 * tokenChannels * hidden)
            + (textTokens * info.ContextSize * hidden);
        double perTimestep = info.ModulationRows
            * ((info.ApproximatorInputs * approximator) + (info.ApproximatorLayers * 2 * approximator * approximator) + (approximator * hidden));

        // Every query with every key, and every weight with every value.
        double attention = (info.DoubleBlocks + info.SingleBlocks) * 2 * tokens * tokens * hidden;
        return new Work(2 * ((samples * perSample) + perTimestep), 2 * samples * attention, 0);
    }

    private static void AddApproximator(TensorList list, BenchSizes sizes, WeightType type)
    {
        const string name = "distilled_guidance_layer";
        long width = sizes.Approximator;
        list.AddLinear($"{name}.in_proj", type, BenchSizes.ApproximatorInputs, width);
        for (int i = 0; i < BenchSizes.ApproximatorLayers; i++)
        {
            list.AddScale($"{name}.norms.{i}.scale", width);
            list.AddLinear($"{name}.layers.{i}.in_layer", type, width, width);
            list.AddLinear($"{name}.layers.{i}.out_layer", type, width, width);
        }

        list.AddLinear($"{name}.out_proj", type, width, sizes.Hidden, gain: ModulationGain);
    }

    private static void AddQueryKeyNorm(TensorList list, string name)
    {
        list.AddScale($"{name}.query_norm.scale", BenchSizes.HeadSize);
        list.AddScale($"{name}.key_norm.scale", BenchSizes.HeadSize);
    }
}
