using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Layers.Tests;

/// <summary>The whole transformer: without a mask, with one, and without the tokens that the mask drops.</summary>
public class ChromaTransformerTests(StoredModels models)
{
    private static readonly string[] _blocks = ["distilled_guidance_layer", "img_in", "txt_in", "double_blocks.?.img", "double_blocks.?.txt", "single_blocks.?"];

    private Transformer Transformer => models.Transformer;

    [Fact]
    public void It_can_be_worked_out_by_hand_where_gates_are_closed()
    {
        // The Approximator gives zeros: shifts and scales do nothing, and closed gates leave the streams as they came in.
        using DummyWeights weights = DummyWeights.Transformer();
        weights.SetAt("img_in.weight", [0, 0], 1).SetAt("img_in.weight", [1, 2], 1);
        weights.SetAt("final_layer.linear.weight", [0, 0], 1).SetAt("final_layer.linear.weight", [5, 1], 10);
        using Transformer transformer = weights.LoadTransformer(models.Engine);
        FloatTensor latent = new(1, 16, 2, 2), expected = new(1, 16, 2, 2);

        // Of channel 0 the upper left pixel and the lower left one go in: (1, 3); norm (-1, 1).
        // Token channels 0 and 5 are channel 0's upper left and channel 1's upper right pixel: -1 and 10.
        (latent.Span[0], latent.Span[2]) = (1, 3);
        (expected.Span[0], expected.Span[5]) = (-1, 10);

        Agree.RelativeOfMax(transformer.Forward(latent, [0.5f], new FloatTensor(1, 1, 2)), expected, Tolerances.ByHand, "velocity");
    }

    [Fact]
    public void Every_block_agrees_without_a_mask()
    {
        using StoredCase stored = new(StoredTransformerRun.NoMask, Tolerances.Transformer);
        FloatTensor times = stored.Input("times"), text = stored.Input("txt");
        FloatTensor latent = Latent(stored);
        for (int t = 0; t < times.Length; t++)
        {
            Layers layers = new(_blocks);
            FloatTensor velocity = Transformer.Forward(latent, times.Span.Slice(t, 1), text, null, layers.Options);

            stored.Compare($"t{t}.mod_vectors", layers["distilled_guidance_layer"], Tolerances.Approximator);
            stored.Compare($"t{t}.img_in", layers["img_in"]);
            CompareBlocks(stored, $"t{t}", layers);
            stored.Compare($"t{t}.final", models.Pack(velocity));
        }

        Assert.Equal([0], stored.Input("guidance").Span.ToArray());
        Assert.True(StoredTransformerRun.Ids(stored).Slice(0, 0, text.Shape[1]).Span.IndexOfAnyExcept(0) < 0);
        stored.Compare("t0.final_guidance3.5", ComposedOfModules(stored, times.Span[0], guidance: 3.5f));
        stored.AssertEveryTensorWasUsed();
    }

    [Fact]
    public void Modules_run_one_after_another_give_the_whole()
    {
        using StoredCase stored = new(StoredTransformerRun.NoMask, Tolerances.Transformer);

        stored.Compare("t0.final", ComposedOfModules(stored, stored.Input("times").Span[0], guidance: 0));
    }

    [Fact]
    public void Every_block_agrees_with_a_mask()
    {
        using StoredCase stored = new("03_dit_mask", Tolerances.MaskedTransformer);
        FloatTensor times = stored.Input("times"), text = stored.Input("txt"), tokenizerMask = stored.Input("txt_mask");
        bool[,] keep = PaddingMask.Generate(tokenizerMask.ToMask());
        Assert.Equal(stored.Input("keep").ToMask(), keep);
        int[] kept = keep.Indices(0), dropped = keep.Indices(0, value: false);
        FloatTensor latent = Latent(stored);
        for (int t = 0; t < times.Length; t++)
        {
            Layers layers = new(_blocks);
            FloatTensor velocity = Transformer.Forward(latent, times.Span.Slice(t, 1), text, keep, layers.Options);

            stored.Compare($"t{t}.img_in", layers["img_in"]);
            CompareBlocks(stored, $"t{t}", layers, kept, dropped);
            stored.Compare($"t{t}.final", models.Pack(velocity));

            FloatTensor noPadding = Transformer.Forward(latent, times.Span.Slice(t, 1), text, PaddingMask.Generate(tokenizerMask.ToMask(), paddingTokens: 0));
            stored.Compare($"t{t}.final_no_padding_token_kept", models.Pack(noPadding));

            // diffusers' pipelines add the mask to the scores as numbers. That is wrong, and far from this.
            FloatTensor wrong = stored.Input($"t{t}.final_diffusers_float_mask");
            Assert.True(TensorDifference.Between(models.Pack(velocity), wrong).MaxAbsolute > 0.1);
        }

        Assert.Equal([0], stored.Input("guidance").Span.ToArray());
        _ = StoredTransformerRun.Ids(stored);
        stored.AssertEveryTensorWasUsed();
    }

    [Fact]
    public void Every_block_agrees_where_tokens_were_dropped_before()
    {
        using StoredCase stored = new("03_dit_drop", Tolerances.DroppedTransformer);
        FloatTensor times = stored.Input("times"), latent = Latent(stored);
        for (int t = 0; t < times.Length; t++)
        {
            Layers layers = new(_blocks);
            FloatTensor velocity = Transformer.Forward(latent, times.Span.Slice(t, 1), stored.Input("b0.txt"), null, layers.Options);

            CompareBlocks(stored, $"b0.t{t}", layers);
            stored.Compare($"b0.t{t}.final", models.Pack(velocity));
        }

        stored.AssertEveryTensorWasUsed();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // as a prompt and its negative prompt have: they are computed together up to the first attention
    public void Each_sample_of_a_batch_is_what_it_is_alone(bool equalLatents)
    {
        // Prompts of 4, 1 and 10 tokens, one of them with a gap, at three times of which two are equal.
        const int Batch = 3, Text = 10;
        using DummyWeights random = DummyWeights.TextEncoder(hidden: 40, vocabulary: Batch * Text).Randomize(1);
        FloatTensor context = random["shared.weight"].Reshape(Batch, Text, 40);
        FloatTensor latent = RandomLatent(Batch, 4, 6);
        if (equalLatents)
        {
            latent.Slice(0, 0, 1).Span.CopyTo(latent.Span[(2 * latent.Length / Batch)..]);
        }

        float[] times = [0.9f, 0.2f, 0.9f];
        bool[,] mask = new bool[Batch, Text];
        foreach ((int sample, int token) in new[] { (0, 0), (0, 1), (0, 2), (0, 5), (1, 0) }.Concat(Enumerable.Range(0, Text).Select(token => (2, token))))
        {
            mask[sample, token] = true;
        }

        Layers together = new("*");
        FloatTensor batch = Transformer.Forward(latent, times, context, mask, together.Options);

        for (int sample = 0; sample < Batch; sample++)
        {
            int[] kept = mask.Indices(sample), dropped = mask.Indices(sample, value: false);
            FloatTensor Sample(FloatTensor tensor) => tensor.Slice(0, sample, 1);
            Layers alone = new("*");
            FloatTensor single = Transformer.Forward(Sample(latent), [times[sample]], Sample(context).Take(1, kept), null, alone.Options);

            Agree.RelativeOfMax(Sample(batch), single, Tolerances.DroppedTransformer, $"velocity of sample {sample}");
            Assert.Equal(alone.Names.Order(), together.Names.Order());
            foreach (string name in alone.Names)
            {
                FloatTensor whole = Sample(together[name]);
                int axis = TokenAxis(whole, alone[name]);
                int[] image = axis < 0 ? [] : [.. Enumerable.Range(Text, whole.Shape[axis] - Text)];
                FloatTensor rows = axis < 0 ? whole : whole.Take(axis, [.. kept, .. image]);
                Agree.RelativeOfMax(rows, alone[name], Tolerances.DroppedTransformer, $"{name} of sample {sample}");
                Assert.True(axis < 0 || name == "pe_embedder" || whole.Take(axis, dropped).Span.IndexOfAnyExcept(0) < 0, $"{name}: rows of dropped tokens must be zeros.");
            }
        }
    }

    [Fact]
    public void Running_again_gives_the_same_bits_with_taps_or_without()
    {
        FloatTensor latent = RandomLatent(2, 4, 4), context = RandomLatent(2, 5, 1).Reshape(2, 2, 40);
        float[] first = Transformer.Forward(latent, [0.3f, 0.8f], context).Span.ToArray();
        _ = Transformer.Forward(latent, [0.5f, 0.1f], context);

        Assert.Equal(first, Transformer.Forward(latent, [0.3f, 0.8f], context).Span.ToArray());
        Assert.Equal(first, Transformer.Forward(latent, [0.3f, 0.8f], context, null, new Layers("*").Options).Span.ToArray());
    }

    [Fact]
    public void A_timestep_gives_the_same_bits_whatever_was_computed_with_it_before()
    {
        ModelLoadOptions options = new() { RopeAxes = StoredModels.Axes };
        using Transformer one = Transformer.Load(models.Engine, StoredModels.TransformerPath, options);
        using Transformer other = Transformer.Load(models.Engine, StoredModels.TransformerPath, options);
        FloatTensor latent = RandomLatent(1, 4, 4), context = RandomLatent(1, 5, 1).Reshape(1, 2, 40);
        _ = other.Forward(RandomLatent(2, 4, 4), [0.9f, 0.3f], RandomLatent(2, 5, 1).Reshape(2, 2, 40));

        Assert.Equal(one.Forward(latent, [0.3f], context).Span.ToArray(), other.Forward(latent, [0.3f], context).Span.ToArray());
    }

    private static void CompareBlocks(StoredCase stored, string prefix, Layers layers, int[]? kept = null, int[]? dropped = null)
    {
        Compare("txt_in", layers["txt_in"], isText: true);
        for (int block = 0; block < StoredTransformerRun.Doubles; block++)
        {
            Compare($"double{block}.img", layers[$"double_blocks.{block}.img"], isText: false);
            Compare($"double{block}.txt", layers[$"double_blocks.{block}.txt"], isText: true);
        }

        for (int block = 0; block < StoredTransformerRun.Singles; block++)
        {
            Compare($"single{block}", layers[$"single_blocks.{block}"], isText: true);
        }

        // Text comes first. What the programs have in the rows of dropped tokens reaches nothing; here they are zeros.
        void Compare(string name, FloatTensor actual, bool isText)
        {
            if (!isText || kept is null || dropped is null)
            {
                stored.Compare($"{prefix}.{name}", actual);
                return;
            }

            int text = kept.Length + dropped.Length;
            int[] rows = [.. kept, .. Enumerable.Range(text, actual.Shape[1] - text)];
            stored.CompareRows($"{prefix}.{name}", actual, rows);
            Assert.True(actual.Take(1, dropped).Span.IndexOfAnyExcept(0) < 0, $"{prefix}.{name}: rows of dropped tokens must be zeros.");
        }
    }

    // The final layer's output from modules run by hand, at any guidance. The engine itself always has guidance 0.
    private FloatTensor ComposedOfModules(StoredCase stored, float time, float guidance)
    {
        FloatTensor Embed(float value) => models.Function("timestep_embedding", ("t", Named.Vector(value)), ("dim", Named.Vector(16)));
        int rows = Transformer.Info.ModulationRows;
        FloatTensor vector = models.Function("approximator_input", ("t", Named.Vector(time)), ("rows", Named.Vector(rows)));
        FloatTensor repeated = Named.Concat(1, [.. Enumerable.Repeat(Embed(guidance).Reshape(1, 1, 16), rows)]);
        vector = Named.Concat(2, vector.Slice(2, 0, 16), repeated, vector.Slice(2, 32, 32));
        FloatTensor table = Transformer.Run("distilled_guidance_layer", ("x", vector));

        FloatTensor ids = StoredTransformerRun.Ids(stored);
        FloatTensor img = Transformer.Run("img_in", ("x", stored.Input("img"))), txt = Transformer.Run("txt_in", ("x", stored.Input("txt")));
        for (int block = 0; block < StoredTransformerRun.Doubles; block++)
        {
            IReadOnlyDictionary<string, FloatTensor> streams = Transformer.RunModule($"double_blocks.{block}", Named.Tensors(
                ("img", img), ("txt", txt), ("modulation", StoredTransformerRun.DoubleModulation(table, block)), ("ids", ids)));
            (img, txt) = (streams["img"], streams["txt"]);
        }

        FloatTensor x = Named.Concat(1, txt, img);
        for (int block = 0; block < StoredTransformerRun.Singles; block++)
        {
            x = Transformer.Run($"single_blocks.{block}", ("x", x), ("modulation", StoredTransformerRun.SingleModulation(table, block)), ("ids", ids));
        }

        return Transformer.Run(
            "final_layer",
            ("x", x.Slice(1, txt.Shape[1], img.Shape[1])),
            ("modulation", StoredTransformerRun.FinalModulation(table)));
    }

    // The stored tokens as a latent, whose positions are the stored ones.
    private FloatTensor Latent(StoredCase stored)
    {
        FloatTensor latent = models.Unpack(stored.Input("img"), StoredTransformerRun.Height, StoredTransformerRun.Width);
        stored.CompareExactly("img_ids", models.Engine.RunFunction("pack_latent", Named.Tensors(("latent", latent)))["ids"]);
        return latent;
    }

    // The axis along which a batch's tensor has more tokens than a sample's alone; -1 if they have the same shape.
    private static int TokenAxis(FloatTensor whole, FloatTensor alone)
    {
        for (int axis = 0; axis < whole.Rank; axis++)
        {
            if (whole.Shape[axis] != alone.Shape[axis])
            {
                return axis;
            }
        }

        return -1;
    }

    private static FloatTensor RandomLatent(int batch, int height, int width)
    {
        Random random = new(7);
        FloatTensor latent = new(batch, 16, height, width);
        foreach (ref float value in latent.Span)
        {
            value = (random.NextSingle() * 4) - 2;
        }

        return latent;
    }
}
