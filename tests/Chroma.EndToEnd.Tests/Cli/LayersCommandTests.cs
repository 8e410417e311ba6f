using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Cli;

public sealed class LayersCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Output => _folder.File("out.safetensors");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("transformer", "chroma", "transformer", 6.4e-5)]
    [InlineData("text-encoder", "t5", "text_encoder", 1.7e-5)]
    [InlineData("autoencoder-encoder", "ae", "autoencoder_encoder", 3.7e-5)]
    [InlineData("autoencoder-decoder", "ae", "autoencoder_decoder", 3.3e-5)]
    public async Task Every_layer_of_every_network_is_that_of_the_reference(string component, string weights, string stored, double tolerance)
    {
        string reference = Golden.PathOf($"layers/{stored}.outputs.safetensors");

        (await Layers(component, weights, stored, "--tap", "*")).Fine();

        using (SafetensorsFile ours = SafetensorsFile.Open(Output), theirs = SafetensorsFile.Open(reference))
        {
            // Of padded prompts only a part of the bias table is ever looked up, so there is no whole one to show.
            IEnumerable<SafetensorsTensor> shown = theirs.Tensors.Where(tensor => !tensor.Name.EndsWith("relative_attention_bias", StringComparison.Ordinal));
            Assert.All(shown, tensor => Agree.WithinAbsolute(ours.ReadFloats(tensor.Name), theirs.ReadFloats(tensor.Name), tolerance, tensor.Name));
        }

        (await CliRun.Of("compare", reference, Output)).Fine();
    }

    [Fact]
    public async Task Without_taps_there_is_the_result_alone()
    {
        (await Layers("transformer", "chroma", "transformer")).Fine();

        using SafetensorsFile output = SafetensorsFile.Open(Output);
        Assert.Equal("velocity", Assert.Single(output.Tensors).Name);
    }

    [Fact]
    public async Task Several_taps_may_be_given_either_way_and_results_come_last()
    {
        (await Layers("autoencoder-encoder", "ae", "autoencoder_encoder", "--tap", "encoder.conv_*", "encoder.mid.attn_1", "--tap", "encoder.norm_out")).Fine();

        using SafetensorsFile output = SafetensorsFile.Open(Output);
        Assert.Equal(
            ["encoder.conv_in", "encoder.mid.attn_1", "encoder.norm_out", "encoder.conv_out", "mean", "logvar"], output.Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public async Task A_tap_that_names_no_layer_is_told()
    {
        CliRun run = (await Layers("transformer", "chroma", "transformer", "--tap", "img_in", "--tap", "double_block.*")).Fine();

        Assert.Equal("No layer is named 'double_block.*'.\n", run.Error);
    }

    [Theory]
    [InlineData("training", "text_encoder.training")]
    [InlineData("none", "text_encoder.none")]
    public async Task The_text_mask_is_chosen(string mask, string stored)
    {
        (await Layers("text-encoder", "t5", "text_encoder", "--text-mask", mask)).Fine();

        using SafetensorsFile output = SafetensorsFile.Open(Output);
        Agree.WithinAbsolute(output.ReadFloats("last_hidden_state"), Golden.Floats($"layers/{stored}", "last_hidden_state"), 1.7e-5, mask);
    }

    [Fact]
    public async Task The_type_is_chosen()
    {
        (await Layers("transformer", "chroma", "transformer", "--type", "BF16")).Fine();

        using SafetensorsFile output = SafetensorsFile.Open(Output);
        TensorDifference difference = TensorDifference.Between(output.ReadFloats("velocity"), TransformerCase.Expected("velocity"));
        Assert.InRange(difference.RelativeOfMax, 1e-4, 2e-2);
    }

    [Fact]
    public async Task Another_model_of_other_sizes_runs_without_a_mask()
    {
        (await CliRun.Of(
            "layers", "--component", "transformer", "--weights", Golden.PathOf("layers/transformer_other.weights.safetensors"), "--inputs",
            Golden.PathOf("layers/transformer_other.inputs.safetensors"), "--output", Output, "--rope-axes", "4,6,6", "--tap", "*")).Fine();

        (await CliRun.Of("compare", Output, Golden.PathOf("layers/transformer_other.outputs.safetensors"), "--strict")).Fine();
    }

    [Fact]
    public async Task Masks_may_be_of_any_type_and_ids_of_64_bits()
    {
        // ids and mask as PyTorch saves them: int64 and bool.
        string inputs = _folder.Write("inputs.safetensors", TorchInputs([3, 4, 1, 0], [1, 1, 1, 0]));

        (await CliRun.Of("layers", "--component", "text-encoder", "--weights", TinyModels.TextEncoderPath, "--inputs", inputs, "--output", Output)).Fine();

        using SafetensorsFile output = SafetensorsFile.Open(Output);
        Assert.Equal([1, 4, 40], output.ReadFloats("last_hidden_state").Shape);
    }

    [Fact]
    public async Task Files_that_are_missing_or_wrong_are_named()
    {
        (await Layers("transformer", "t5", "transformer")).Failed("t5.safetensors", "T5");
        (await Layers("transformer", "chroma", "text_encoder")).Failed("text_encoder.inputs.safetensors", "'latent'");
        (await CliRun.Of("layers", "--component", "transformer", "--weights", "nowhere.gguf", "--inputs", Golden.PathOf("layers/transformer.inputs.safetensors"), "--output", Output))
            .Failed("nowhere.gguf");
        (await CliRun.Of("layers", "--component", "transformer", "--weights", TinyModels.TransformerPath, "--inputs", "nowhere.safetensors", "--output", Output))
            .Failed("nowhere.safetensors");
        Assert.False(File.Exists(Output));
    }

    [Fact]
    public async Task An_output_that_cannot_be_written_is_named() => (await CliRun.Of(
        "layers", "--component", "transformer", "--weights", TinyModels.TransformerPath, "--inputs", Golden.PathOf("layers/transformer.inputs.safetensors"),
        "--output", _folder.File("no/such/folder/out.safetensors"), "--rope-axes", "8,12,12")).Failed("no/such/folder");

    [Fact]
    public async Task Rope_axes_that_do_not_fit_are_refused() => (await CliRun.Of(
        "layers", "--component", "transformer", "--weights", TinyModels.TransformerPath, "--inputs", Golden.PathOf("layers/transformer.inputs.safetensors"),
        "--output", Output, "--rope-axes", "16,56,56")).Misused("16");

    [Theory]
    [InlineData("--rope-axes", "8,12")]
    [InlineData("--rope-axes", "7,13,12")]
    [InlineData("--rope-axes", "a,b,c")]
    [InlineData("--type", "q9_9")]
    [InlineData("--type", "i32")]
    [InlineData("--text-mask", "all")]
    [InlineData("--threads", "-1")]
    [InlineData("--threads", "many")]
    public async Task Wrong_usage_is_named(string option, string value) =>
        (await CliRun.Of("layers", "--component", "transformer", "--weights", "w", "--inputs", "i", "--output", "o", option, value)).Misused(value);

    [Fact]
    public async Task An_option_that_there_is_not_is_named() =>
        (await CliRun.Of("layers", "--component", "transformer", "--weights", "w", "--inputs", "i", "--output", "o", "--nonsense", "1")).Misused("--nonsense");

    [Fact]
    public async Task A_component_that_is_none_is_named_with_those_that_are() =>
        (await CliRun.Of("layers", "--component", "unet", "--weights", "w", "--inputs", "i", "--output", "o")).Misused("unet", "transformer", "autoencoder-decoder");

    [Fact]
    public async Task What_is_required_is_named() => (await CliRun.Of("layers")).Misused("--component", "--weights", "--inputs", "--output", "chroma layers --help");

    [Fact]
    public async Task A_run_that_is_cancelled_ends_with_130_and_writes_nothing()
    {
        CliRun run = await CliRun.Of(
            new CancellationToken(canceled: true), "layers", "--component", "transformer", "--weights", TinyModels.TransformerPath, "--inputs",
            Golden.PathOf("layers/transformer.inputs.safetensors"), "--output", Output, "--rope-axes", "8,12,12");

        Assert.Equal(130, run.ExitCode);
        Assert.False(File.Exists(Output));
    }

    private static byte[] TorchInputs(long[] ids, byte[] mask)
    {
        string header = $$$"""{"input_ids":{"dtype":"I64","shape":[1,{{{ids.Length}}}],"data_offsets":[0,{{{8 * ids.Length}}}]},"attention_mask":{"dtype":"BOOL","shape":[1,{{{mask.Length}}}],"data_offsets":[{{{8 * ids.Length}}},{{{(8 * ids.Length) + mask.Length}}}]}}""";
        return [.. BitConverter.GetBytes((long)header.Length), .. System.Text.Encoding.ASCII.GetBytes(header), .. ids.SelectMany(BitConverter.GetBytes), .. mask];
    }

    private Task<CliRun> Layers(string component, string weights, string inputs, params string[] more) => CliRun.Of(
        ["layers", "--component", component, "--weights", Golden.PathOf($"open/{weights}.safetensors"), "--inputs",
            Golden.PathOf($"layers/{inputs}.inputs.safetensors"), "--output", Output, .. component == "transformer" ? ["--rope-axes", "8,12,12"] : Array.Empty<string>(), .. more]);
}
