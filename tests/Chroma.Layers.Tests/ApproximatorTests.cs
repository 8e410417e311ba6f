using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>The Approximator and the embeddings that it is fed with.</summary>
public class ApproximatorTests(StoredModels models)
{
    private const string Module = "distilled_guidance_layer";
    private const int StoredRows = 35;

    [Fact]
    public void An_embedding_can_be_worked_out_by_hand()
    {
        // 1000 t = 1; frequencies of 4 channels: 1 and 10000^(-1/2) = 0.01; cosines first.
        FloatTensor embedding = models.Function("timestep_embedding", ("t", Named.Vector(0, 0.001f)), ("dim", Named.Vector(4)));

        FloatTensor expected = new([1, 1, 0, 0, 0.5403023f, 0.99995f, 0.8414710f, 0.00999983f], 2, 4);
        Agree.WithinAbsolute(embedding, expected, Tolerances.TimestepEmbedding, "embedding");
    }

    [Fact]
    public void Every_embedding_agrees_with_the_stored_one()
    {
        using StoredCase stored = new("01_timestep_embedding", Tolerances.TimestepEmbedding);
        FloatTensor Embed(FloatTensor t, int dim) => models.Function("timestep_embedding", ("t", t), ("dim", Named.Vector(dim)));
        FloatTensor Indices(int count) => Named.Vector([.. Enumerable.Range(0, count).Select(i => (float)i)]);

        stored.Compare("emb_t", Embed(stored.Input("t"), 16));
        stored.Compare("emb_g", Embed(stored.Input("g"), 16));
        stored.Compare("emb_mod_index_tiny", Embed(Indices(StoredRows), 32));
        stored.Compare("emb_mod_index_real_344", Embed(Indices(344), 32));
        stored.Compare(
            "input_vec", models.Function("approximator_input", ("t", stored.Input("input_vec_t")), ("rows", Named.Vector(StoredRows))));

        // The last bit of each frequency shows in the tables above, where it is multiplied by up to 343,000. Here the frequencies themselves:
        // the arcsines of the sines at 1000 t = 1 / 1024.
        foreach (int count in new[] { 8, 16 })
        {
            FloatTensor small = Embed(Named.Vector(1f / 1024 / 1000), 2 * count);
            FloatTensor frequencies = Named.Vector([.. small.Span[count..].ToArray().Select(sine => (float)(Math.Asin(sine) * 1024))]);
            Assert.InRange(TensorDifference.Between(frequencies, stored.Input($"freqs_{count}")).MaxRelative, 0, 3e-7);
        }

        stored.AssertEveryTensorWasUsed();
    }

    [Fact]
    public void The_forward_pass_can_be_worked_out_by_hand()
    {
        using DummyWeights weights = DummyWeights.Transformer();
        weights.SetAt($"{Module}.in_proj.weight", [0, 0], 3).SetAt($"{Module}.in_proj.weight", [1, 1], 4);
        weights.Set($"{Module}.norms.0.scale", 1, 2);
        weights.Set($"{Module}.layers.0.in_layer.weight", 1, 0, 0, 1).Set($"{Module}.layers.0.in_layer.bias", 0, 1);
        weights.Set($"{Module}.layers.0.out_layer.weight", 0, 1, 1, 0);
        weights.Set($"{Module}.out_proj.weight", 1, 0, 1, 1).Set($"{Module}.out_proj.bias", 10, 0);
        using Transformer transformer = weights.LoadTransformer(models.Engine);

        // in_proj: (3, 4). Root mean square sqrt(12.5) = 3.5355339: norm (0.8485281, 1.1313708), scaled (0.8485281, 2.2627417).
        // in_layer adds (0, 1): (0.8485281, 3.2627417); silu x / (1 + exp(-x)): (0.5941888, 3.1424387).
        // out_layer swaps, and the residual is added: (3 + 3.1424387, 4 + 0.5941888) = (6.1424387, 4.5941888).
        // out_proj: (10 + 6.1424387, 6.1424387 + 4.5941888).
        FloatTensor output = transformer.Run(Module, ("x", new FloatTensor([1, 1, 0, 0, 0, 0, 0, 0], 1, 1, 8)));

        Agree.RelativeOfMax(output, Named.Tokens([16.1424387f, 10.7366275f]), Tolerances.ByHand, "output");
    }

    [Fact]
    public void Every_layer_agrees_with_the_stored_one()
    {
        using StoredCase stored = new("01_approximator", Tolerances.Approximator);
        FloatTensor input = models.Function("approximator_input", ("t", stored.Input("t")), ("rows", Named.Vector(StoredRows)));
        stored.Compare("input_vec", input, tighter: Tolerances.TimestepEmbedding);

        FloatTensor x = models.Transformer.Run($"{Module}.in_proj", ("x", input));
        stored.Compare("in_proj", x);
        for (int layer = 0; layer < models.Transformer.Info.ApproximatorLayers; layer++)
        {
            FloatTensor normed = models.Transformer.Run($"{Module}.norms.{layer}", ("x", x));
            stored.Compare($"layer{layer}.norm", normed);
            FloatTensor hidden = models.Transformer.Run($"{Module}.layers.{layer}.in_layer", ("x", normed));
            FloatTensor mlp = models.Transformer.Run($"{Module}.layers.{layer}.out_layer", ("x", models.Function("silu", ("x", hidden))));
            stored.Compare($"layer{layer}.mlp", mlp);
            x = Sum(x, mlp);
            stored.Compare($"layer{layer}.residual", x);
        }

        stored.Compare("output", models.Transformer.Run($"{Module}.out_proj", ("x", x)));
        stored.Compare("output", models.Transformer.Run(Module, ("x", input)));
        stored.AssertEveryTensorWasUsed();
    }

    private static FloatTensor Sum(FloatTensor a, FloatTensor b)
    {
        FloatTensor sum = a.Clone();
        System.Numerics.Tensors.TensorPrimitives.Add(a.Span, b.Span, sum.Span);
        return sum;
    }
}
