using System.CommandLine;
using System.Security.Cryptography;
using Chroma.Cli.Commands.Shared;
using Chroma.Cli.Outputs;
using Chroma.Imaging;
using Chroma.Interop;
using Chroma.Models;

namespace Chroma.Cli.Commands;

/// <summary><c>chroma generate</c>: a prompt in, picture files out.</summary>
internal static class GenerateCommand
{
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
            GenerateOptionsReader.Validate(a, result);
            GenerateFrom.Validate(a, result);
        });
        command.SetAction((result, token) => RunAsync(a, result, token));
        return command;
    }

    private static async Task<int> RunAsync(GenerateArguments a, ParseResult arguments, CancellationToken token)
    {
        GenerateFrom? from = GenerateFrom.Read(a, arguments);
        TextWriter error = arguments.InvocationConfiguration.Error;
        int count = arguments.GetValue(a.Count);
        using PictureOutput output = PictureOutput.Check(
            arguments.GetRequiredValue(a.Output), count, arguments.GetValue(a.Format), arguments.InvocationConfiguration.Output, error);

        // A library without which the picture can't be drawn or saved is better known before the work than after it.
        ImageLibrary.Require();
        _ = ChromaLibrary.Version;
        TargetType? type = arguments.GetValue(a.Type);
        await error.RemarkAsync(type);
        ChromaPipelineOptions load = new()
        {
            Threads = arguments.GetValue(a.Threads),
            Device = arguments.GetValue(a.Device),
            WeightType = type?.Type ?? WeightType.Stored,
            RopeAxes = arguments.GetValue(a.RopeAxes),
            Memory = MemoryMode.OneAtATime,
            MaximumTokens = arguments.GetValue(a.MaxTokens),
        };
        load = from?.Complete(load) ?? load;
        using ChromaPipeline pipeline = await UsageException.CheckAsync(
            () => ProgressBar.RunAsync(bar => LoadAsync(a, arguments, load, bar, token)));
        GenerationOptions options = GenerateOptionsReader.Read(a, arguments, from?.Options(pipeline) ?? pipeline.DefaultOptions);
        string prompt = arguments.GetValue(a.Prompt) ?? from!.Prompt;
        await GenerateOptionsReader.WarnOfCutsAsync(arguments, pipeline.Tokenizer, load.MaximumTokens, prompt, options);
        ulong seed = options.Seed ?? BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
        bool fine = true;
        for (int i = 0; i < options.Count; i++)
        {
            // One by one, so that each picture is safe before the next is begun; the encoded prompt is kept in between.
            int image = i;
            GenerationOptions one = options with { Count = 1, Seed = unchecked(seed + (ulong)i) };
            IReadOnlyList<ChromaImage> images = await UsageException.CheckAsync(() => ProgressBar.RunAsync(bar =>
            {
                SynchronousReport<GenerationProgress> progress = new(p => bar.Report(
                    new WorkState(Describe(p with { Image = image, Images = options.Count }), p.StageFraction)));
                return pipeline.GenerateAsync(prompt, one, progress, token);
            }));
            fine &= output.Save(images[0], i);
        }

        from?.Report(error);
        output.Finish();
        return fine ? 0 : CommandRunner.Failed;
    }

    private static Task<ChromaPipeline> LoadAsync(
        GenerateArguments a, ParseResult arguments, ChromaPipelineOptions load, IProgress<WorkState> bar, CancellationToken token)
    {
        SynchronousReport<double> progress = new(done => bar.Report(new WorkState("loading", done)));
        string? tokenizer = arguments.GetValue(a.Tokenizer);
        if (arguments.GetValue(a.Transformer) is not string transformer)
        {
            ChromaModelFiles folder = ChromaModelFiles.FromFolder(arguments.GetValue(a.Model) ?? ChromaNano.Folder);
            return ChromaPipeline.LoadAsync(tokenizer is null ? folder : folder with { Tokenizer = tokenizer }, load, progress, token);
        }

        ChromaModelFiles files = new()
        {
            Transformer = transformer,
            TextEncoder = arguments.GetValue(a.TextEncoder)!,
            Autoencoder = arguments.GetValue(a.Autoencoder)!,
            Tokenizer = tokenizer,
        };
        return ChromaPipeline.LoadAsync(files, load, progress, token);
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
