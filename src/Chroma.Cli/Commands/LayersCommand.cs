using System.CommandLine;
using Chroma.Cli.Commands.Shared;
using Chroma.Cli.Outputs;
using Chroma.Models;
using Chroma.Tensors;

namespace Chroma.Cli.Commands;

/// <summary><c>chroma layers</c>: runs one network on stored inputs and stores its output, and that of any layer.</summary>
internal static class LayersCommand
{
    private const string TransformerName = "transformer";
    private const string TextEncoderName = "text-encoder";
    private const string EncoderName = "autoencoder-encoder";
    private const string DecoderName = "autoencoder-decoder";

    public static Command Create()
    {
        Option<string> component = Choices.Words("--component", "The network to run.", TransformerName, TextEncoderName, EncoderName, DecoderName);
        component.Required = true;
        Option<string> weights = new("--weights") { Description = "Its weights: a GGUF or safetensors file, a *.index.json or a folder.", Required = true };
        Option<string> inputs = new("--inputs")
        {
            Description = "Safetensors with its inputs. transformer: latent [B,16,H,W], timestep [B], context [B,T,C], optional context_mask [B,T]; "
                + "text-encoder: input_ids [B,T], optional attention_mask [B,T]; autoencoder-encoder: image [B,3,H,W] in -1..1; "
                + "autoencoder-decoder: latent [B,16,h,w], unscaled and unshifted.",
            Required = true,
        };
        Option<string> output = new("--output")
        {
            Description = "Safetensors to write: the layers tapped, by their PyTorch names in the order of computation, then velocity, last_hidden_state, "
                + "mean and logvar, or image; - is standard output.",
            Required = true,
        };
        Option<string[]> taps = new("--tap")
        {
            Description = "A layer to store too, such as 'double_blocks.*.img'; * is any run of characters, ? any one. May be repeated.",
            DefaultValueFactory = _ => [],
            AllowMultipleArgumentsPerToken = true,
        };
        Option<RopeAxes?> ropeAxes = CommonOptions.RopeAxes();
        Option<TargetType?> type = Names.Type("Convert the weights while loading");
        Option<TextMask?> textMask = CommonOptions.TextMask();
        Option<int> threads = CommonOptions.Threads();
        Option<string?> device = CommonOptions.Device();
        Command command = new("layers", "Run one network on stored inputs, and store what it and its layers give.")
        {
            component, weights, inputs, output, taps, ropeAxes, type, textMask, threads, device,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            string network = result.GetRequiredValue(component);
            RefuseUnless(network is TransformerName, ropeAxes);
            RefuseUnless(network is TextEncoderName, textMask);
            TargetType? target = result.GetValue(type);
            RefuseUnless(network is TransformerName or TextEncoderName || target?.Type.IsFloat() != false, type);
            TextWriter error = result.InvocationConfiguration.Error;
            await error.RemarkAsync(target);
            Request request = new(
                network,
                result.GetRequiredValue(weights),
                result.GetRequiredValue(inputs),
                result.GetRequiredValue(output),
                result.GetRequiredValue(taps),
                new ModelLoadOptions { Type = target?.Type ?? WeightType.Stored, RopeAxes = result.GetValue(ropeAxes) },
                result.GetValue(textMask) ?? TextMask.Key);
            ChromaEngineOptions engine = new() { Threads = result.GetValue(threads), Device = result.GetValue(device) };
            return await ProgressBar.RunAsync(bar => RunAsync(request, engine, bar, error, cancellationToken));

            void RefuseUnless(bool used, Option option)
            {
                if (!used && result.CommandResult.Has(option))
                {
                    throw new UsageException(
                        $"{option.Name} {string.Join(' ', result.GetResult(option)!.Tokens.Select(token => token.Value))} has no effect on the component {network}: leave it out.");
                }
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(
        Request request, ChromaEngineOptions engineOptions, IProgress<WorkState> bar, TextWriter error, CancellationToken cancellationToken)
    {
        using OutputTarget output = OutputTarget.Check(request.Output, request.Weights, request.Inputs);
        using TensorInputs inputs = new(request.Inputs);
        using ChromaEngine engine = UsageException.Check(() => new ChromaEngine(engineOptions));
        OrderedDictionary<string, FloatTensor> tensors = new(StringComparer.Ordinal);
        HashSet<string> unmatched = new(request.Taps, StringComparer.Ordinal);
        RunOptions run = new()
        {
            CancellationToken = cancellationToken,
            Progress = new SynchronousReport<BlockProgress>(progress => bar.Report(new WorkState("computing", progress.Fraction))),
            Taps = [.. request.Taps.Select(pattern => new LayerTap([pattern], (name, tensor) =>
            {
                tensors[name] = tensor;
                unmatched.Remove(pattern);
            }))],
        };
        IEnumerable<KeyValuePair<string, FloatTensor>> results = request.Component switch
        {
            TransformerName => RunTransformer(await LoadAsync(Transformer.LoadAsync), inputs, run),
            TextEncoderName => RunTextEncoder(await LoadAsync(TextEncoder.LoadAsync), inputs, request.TextMask, run),
            EncoderName => RunEncoder(await LoadAsync(Autoencoder.LoadAsync), inputs, run),
            _ => RunDecoder(await LoadAsync(Autoencoder.LoadAsync), inputs, run),
        };
        foreach ((string name, FloatTensor tensor) in results)
        {
            tensors.Remove(name);
            tensors.Add(name, tensor);
        }

        cancellationToken.ThrowIfCancellationRequested();
        SafetensorsWriter writer = new();
        foreach ((string name, FloatTensor tensor) in tensors)
        {
            writer.Add(name, tensor);
        }

        ResultFile.Save(output, request.Output, writer);
        foreach (string pattern in unmatched)
        {
            await error.WriteLineAsync($"No layer is named '{pattern}'.");
        }

        return 0;

        Task<TModel> LoadAsync<TModel>(
            Func<ChromaEngine, string, ModelLoadOptions?, IProgress<LoadProgress>?, CancellationToken, Task<TModel>> load) =>
            UsageException.CheckAsync(() => load(
                engine,
                request.Weights,
                request.Load,
                new SynchronousReport<LoadProgress>(progress => bar.Report(new WorkState("loading", progress.Fraction))),
                cancellationToken));
    }

    private static KeyValuePair<string, FloatTensor>[] RunTransformer(Transformer model, TensorInputs inputs, RunOptions run)
    {
        using (model)
        {
            FloatTensor velocity = model.Forward(
                inputs.Floats("latent"), inputs.Floats("timestep").Span, inputs.Floats("context"), inputs.Mask("context_mask"), run);
            return [new("velocity", velocity)];
        }
    }

    private static KeyValuePair<string, FloatTensor>[] RunTextEncoder(TextEncoder model, TensorInputs inputs, TextMask mask, RunOptions run)
    {
        using (model)
        {
            return [new("last_hidden_state", model.Encode(inputs.Ids("input_ids"), inputs.Mask("attention_mask"), mask, run))];
        }
    }

    private static KeyValuePair<string, FloatTensor>[] RunEncoder(Autoencoder model, TensorInputs inputs, RunOptions run)
    {
        using (model)
        {
            LatentDistribution latent = model.Encode(inputs.Floats("image"), Tiling.Automatic, run);
            return [new("mean", latent.Mean), new("logvar", latent.LogVariance)];
        }
    }

    private static KeyValuePair<string, FloatTensor>[] RunDecoder(Autoencoder model, TensorInputs inputs, RunOptions run)
    {
        using (model)
        {
            return [new("image", model.Decode(inputs.Floats("latent"), Tiling.Automatic, run))];
        }
    }

    private sealed record Request(
        string Component, string Weights, string Inputs, string Output, string[] Taps, ModelLoadOptions Load, TextMask TextMask);
}
