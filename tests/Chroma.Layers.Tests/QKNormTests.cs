using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>QKNorm: each head's queries and keys brought to a root mean square of 1, and scaled.</summary>
public class QKNormTests(StoredModels models)
{
    private const string Module = "double_blocks.0.img_attn.norm";

    [Fact]
    public void It_can_be_worked_out_by_hand()
    {
        using DummyWeights weights = DummyWeights.Transformer();
        weights.Set($"{Module}.query_norm.scale", 1, 10).Set($"{Module}.key_norm.scale", -1, 1);
        using Transformer transformer = weights.LoadTransformer(models.Engine);

        // (3, 4): root mean square sqrt((9 + 16) / 2) = 3.5355339, so (0.8485281, 1.1313708); (2, 2) becomes (1, 1).
        IReadOnlyDictionary<string, FloatTensor> normed =
            transformer.RunModule(Module, Named.Tensors(("q", Head(3, 4)), ("k", Head(2, 2))));

        Agree.RelativeOfMax(normed["q"], Head(0.8485281f, 11.313708f), Tolerances.ByHand, "q");
        Agree.RelativeOfMax(normed["k"], Head(-1, 1), Tolerances.ByHand, "k");
    }

    [Fact]
    public void Queries_and_keys_agree_with_the_stored_ones()
    {
        using StoredCase stored = new("02_qknorm_rope_attention", Tolerances.QKNorm);
        Check(stored, models);
    }

    internal static void Check(StoredCase stored, StoredModels models)
    {
        IReadOnlyDictionary<string, FloatTensor> normed =
            models.Transformer.RunModule(Module, Named.Tensors(("q", stored.Input("q")), ("k", stored.Input("k"))));
        stored.Compare("q_norm", normed["q"], Tolerances.QKNorm);
        stored.Compare("k_norm", normed["k"], Tolerances.QKNorm);

        using WeightsFile weights = WeightsFile.Open(StoredModels.TransformerPath);
        stored.CompareExactly("query_norm_scale", weights.Read($"{Module}.query_norm.scale"));
        stored.CompareExactly("key_norm_scale", weights.Read($"{Module}.key_norm.scale"));
    }

    private static FloatTensor Head(params float[] channels) => new(channels, 1, 1, 1, channels.Length);
}
