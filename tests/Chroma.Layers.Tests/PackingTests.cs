using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>Latents as tokens of 2x2 patches, and where each token stands.</summary>
public class PackingTests(StoredModels models)
{
    [Fact]
    public void A_patch_can_be_packed_by_hand()
    {
        // Two channels of 2x4: two tokens side by side; in each, channel by channel, the patch row by row.
        FloatTensor latent = new(
            [
                1, 2, 3, 4,
                5, 6, 7, 8,

                11, 12, 13, 14,
                15, 16, 17, 18,
            ],
            1, 2, 2, 4);

        IReadOnlyDictionary<string, FloatTensor> packed = models.Engine.RunFunction("pack_latent", Named.Tensors(("latent", latent)));

        Agree.WithinAbsolute(packed["tokens"], Named.Tokens([1, 2, 5, 6, 11, 12, 15, 16], [3, 4, 7, 8, 13, 14, 17, 18]), 0, "tokens");
        Agree.WithinAbsolute(packed["ids"], Named.Tokens([0, 0, 0], [0, 0, 1]), 0, "ids");
        Agree.WithinAbsolute(models.Unpack(packed["tokens"], 2, 4), latent, 0, "latent");
    }

    [Fact]
    public void Packing_agrees_with_the_stored_one_both_ways()
    {
        using StoredCase stored = new("02_pack_latents", 0);
        FloatTensor latent = stored.Input("latent");

        IReadOnlyDictionary<string, FloatTensor> packed = models.Engine.RunFunction("pack_latent", Named.Tensors(("latent", latent)));
        stored.CompareExactly("tokens", packed["tokens"]);
        stored.CompareExactly("img_ids", packed["ids"]);
        stored.CompareExactly("latent", models.Unpack(stored.Input("tokens"), latent.Shape[2], latent.Shape[3]));

        // ComfyUI alone takes odd sizes: it pads them by wrapping around. This library refuses them, as flow and diffusers do.
        ChromaException refused = Assert.Throws<ChromaException>(() => models.Pack(stored.Input("odd_latent")));
        Assert.Contains("even", refused.Message, StringComparison.Ordinal);
        stored.AssertEveryTensorWasUsed("odd_padded");
    }
}
