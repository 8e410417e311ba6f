using System.CommandLine;
using System.Security.Cryptography;
using Chroma.Cli.Commands.Shared;
using Chroma.Cli.Outputs;
using Chroma.Imaging;
using Chroma.Models;
using Chroma.Sampling;
using Chroma.Scheduling;

namespace Chroma.Cli.Commands;

/// <summary><c>chroma generate</c>: a prompt in, picture files out.</summary>
internal static class GenerateCommand
{
    private static readonly Dictionary<string, GenerationOptions> _presets = new(StringComparer.OrdinalIgnoreCase)
    {
        ["hd"] = GenerationOptions.HD,
        ["base"] = GenerationOptions.Base,
        ["flash"] = GenerationOptions.Flash,
    };

    public static Command Create()
    {
        GenerateArguments a = new();
        Command command = new("generate", "Draws a prompt. Without a model it draws with chroma-nano, the small model that ships.");
        foreach (Option option in a.All)
        {
            command.Add(option);
        }

        command.Validators.Add(result =>
        {
            bool folder = result.GetResult(a.Model) is not null;
            int files = new[] { result.GetResult(a.Transformer), result.GetResult(a.TextEncoder), result.GetResult(a.Autoencoder) }.Count(r => r is not null);
            if (folder && files > 0)
            {
                result.AddError("--model names a folder with all parts; leave it out to name --transformer, --text-encoder and --autoencoder.");
            }
            else if (files is 1 or 2)
            {
                result.AddError("--transformer, --text-encoder and --autoencoder go together: name all three, or --model.");
            }
        });
        command.SetAction((result, token) => RunAsync(a, result, token));
        return command;
    }

    private static async Task<int> RunAsync(GenerateArguments a, ParseResult arguments, CancellationToken token)
    {
        TextWriter error = arguments.InvocationConfiguration.Error;
        int count = arguments.GetValue(a.Count);
        using PictureOutput output = PictureOutput.Check(
            arguments.GetRequiredValue(a.Output), count, arguments.GetValue(a.Format), arguments.InvocationConfiguration.Output, error);
        ChromaPipelineOptions load = new()
        {
            Threads = arguments.GetValue(a.Threads),
            Device = arguments.GetValue(a.Device),
            WeightType = arguments.GetValue(a.Type),
            RopeAxes = arguments.GetValue(a.RopeAxes),
            Memory = MemoryMode.OneAtATime,
        };
        using ChromaPipeline pipeline = await ProgressBar.RunAsync(bar => LoadAsync(a, arguments, load, bar, token));
        GenerationOptions options = Options(a, arguments, pipeline.DefaultOptions);
        ulong seed = options.Seed ?? BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
        bool fine = true;
        for (int i = 0; i < options.Count; i++)
        {
            // One by one, so that each picture is safe before the next is begun; the encoded prompt is kept in between.
            int image = i;
            GenerationOptions one = options with { Count = 1, Seed = unchecked(seed + (ulong)i) };
            IReadOnlyList<ChromaImage> images = await ProgressBar.RunAsync(bar =>
            {
                SynchronousReport<GenerationProgress> progress = new(p => bar.Report(
                    new WorkState(Describe(p with { Image = image, Images = options.Count }), p.StageFraction)));
                return pipeline.GenerateAsync(arguments.GetRequiredValue(a.Prompt), one, progress, token);
            });
            fine &= output.Save(images[0], i);
        }

        output.Finish();
        return fine ? 0 : CommandRunner.Failed;
    }

    private static Task<ChromaPipeline> LoadAsync(
        GenerateArguments a, ParseResult arguments, ChromaPipelineOptions load, IProgress<WorkState> bar, CancellationToken token)
    {
        SynchronousReport<double> progress = new(done => bar.Report(new WorkState("loading", done)));
        if (arguments.GetValue(a.Transformer) is not string transformer)
        {
            return ChromaPipeline.LoadAsync(arguments.GetValue(a.Model) ?? ChromaNano.Folder, load, progress, token);
        }

        ChromaModelFiles files = new()
        {
            Transformer = transformer,
            TextEncoder = arguments.GetValue(a.TextEncoder)!,
            Autoencoder = arguments.GetValue(a.Autoencoder)!,
            Tokenizer = arguments.GetValue(a.Tokenizer),
        };
        return ChromaPipeline.LoadAsync(files, load, progress, token);
    }

    private static GenerationOptions Options(GenerateArguments a, ParseResult arguments, GenerationOptions defaults)
    {
        GenerationOptions basis = arguments.GetValue(a.Preset) is not string preset ? defaults
            : _presets.TryGetValue(preset, out GenerationOptions? known) ? known
            : throw new ArgumentException($"There is no preset '{preset}'; the presets are {string.Join(", ", _presets.Keys)}.");
        double? shift = arguments.GetValue(a.Shift);
        double? mu = arguments.GetValue(a.Mu);
        string? scheduler = arguments.GetValue(a.Scheduler);
        GenerationOptions options = basis with
        {
            NegativePrompt = arguments.GetValue(a.NegativePrompt) ?? basis.NegativePrompt,
            Width = arguments.GetValue(a.Width) ?? basis.Width,
            Height = arguments.GetValue(a.Height) ?? basis.Height,
            Steps = arguments.GetValue(a.Steps) ?? basis.Steps,
            Guidance = arguments.GetValue(a.Guidance) ?? basis.Guidance,
            Seed = arguments.GetValue(a.Seed),
            Count = arguments.GetValue(a.Count),
            CacheThreshold = arguments.GetValue(a.Cache) ?? basis.CacheThreshold,
            TextMask = arguments.GetValue(a.TextMask) ?? basis.TextMask,
            PaddingTokens = arguments.GetValue(a.PaddingTokens) ?? basis.PaddingTokens,
            Sampler = arguments.GetValue(a.Sampler) is string sampler ? Samplers.BuiltIn.Create(sampler) : basis.Sampler,
            Scheduler = scheduler is null ? basis.Scheduler : Schedulers.Get(scheduler),

            // A scheduler named alone has its own default shift, not that of the preset's scheduler.
            Schedule = shift is not null || mu is not null ? new SchedulerOptions { Shift = shift, Mu = mu }
                : scheduler is null ? basis.Schedule : null,
        };
        options.Validate();
        return options;
    }

    private static string Describe(GenerationProgress progress)
    {
        string image = progress.Images > 1 ? $"image {progress.Image + 1}/{progress.Images}, " : "";
        return progress.Stage switch
        {
            GenerationStage.LoadingTextEncoder => "loading the text encoder",
            GenerationStage.EncodingPrompt => "reading the prompt",
            GenerationStage.LoadingTransformer => "loading the transformer",
            GenerationStage.Denoising => $"{image}step {Math.Min(progress.Step + 1, progress.Steps)}/{progress.Steps}{Saved(progress)}",
            _ => $"{image}decoding",
        };
    }

    private static string Saved(GenerationProgress progress) => progress.SavedEvaluations == 0 ? "" : $", {progress.SavedEvaluations} evaluations saved";
}
