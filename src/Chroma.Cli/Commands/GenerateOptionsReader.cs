using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Chroma.Cli.Commands.Shared;
using Chroma.Sampling;
using Chroma.Scheduling;
using Chroma.Tokenization;

namespace Chroma.Cli.Commands;

/// <summary>Makes generation options out of the command line, and refuses what would have no effect.</summary>
internal static class GenerateOptionsReader
{
    /// <summary>Finds contradictions that the command line alone shows.</summary>
    public static void Validate(GenerateArguments a, CommandResult result)
    {
        int files = new Option[] { a.Transformer, a.TextEncoder, a.Autoencoder }.Count(option => result.Has(option));
        if (result.Has(a.Model) && files > 0)
        {
            result.AddError("--model names a folder with all parts; leave it out to name --transformer, --text-encoder and --autoencoder.");
        }
        else if (files is 1 or 2)
        {
            result.AddError("--transformer, --text-encoder and --autoencoder go together: name all three, or --model.");
        }

        if (result.Has(a.Shift) && result.Has(a.Mu))
        {
            result.AddError("The options --shift and --mu exclude each other: give at most one of them.");
        }
    }

    /// <summary>The options.</summary>
    /// <param name="a">The arguments.</param>
    /// <param name="arguments">Their values.</param>
    /// <param name="defaults">The model's own options.</param>
    /// <exception cref="UsageException">The options contradict each other, or one of them would have no effect.</exception>
    public static GenerationOptions Read(GenerateArguments a, ParseResult arguments, GenerationOptions defaults)
    {
        GenerationOptions basis = arguments.GetValue(a.Preset) switch
        {
            Preset.HD => GenerationOptions.HD,
            Preset.Base => GenerationOptions.Base,
            Preset.Flash => GenerationOptions.Flash,
            _ => defaults,
        };
        IScheduler? scheduler = SchedulerOf(arguments.GetValue(a.Sampler), arguments.GetValue(a.Scheduler));
        double? shift = arguments.GetValue(a.Shift);
        double? mu = arguments.GetValue(a.Mu);
        GenerationOptions options = basis with
        {
            NegativePrompt = arguments.GetValue(a.NegativePrompt) ?? basis.NegativePrompt,
            Width = arguments.GetValue(a.Width) ?? basis.Width,
            Height = arguments.GetValue(a.Height) ?? basis.Height,
            Steps = arguments.GetValue(a.Steps) ?? basis.Steps,
            Guidance = (float?)arguments.GetValue(a.Guidance) ?? basis.Guidance,
            Seed = arguments.GetResult(a.Seed) is { Implicit: false } ? arguments.GetValue(a.Seed).Value : basis.Seed,
            Count = arguments.GetValue(a.Count),
            CacheThreshold = (float?)arguments.GetValue(a.Cache) ?? basis.CacheThreshold,
            TextMask = arguments.GetValue(a.TextMask) ?? basis.TextMask,
            PaddingTokens = arguments.GetValue(a.PaddingTokens) ?? basis.PaddingTokens,
            Sampler = arguments.GetValue(a.Sampler) is SamplerName sampler ? Samplers.BuiltIn.Create(sampler.Sampler) : basis.Sampler,
            Scheduler = scheduler ?? basis.Scheduler,

            // A scheduler named alone has its own default shift, not that of the preset's scheduler.
            Schedule = shift is not null || mu is not null ? new SchedulerOptions { Shift = shift, Mu = mu }
                : scheduler is null ? basis.Schedule : null,
        };
        RefuseWithoutEffect(a, arguments, options);
        return UsageException.Check(() =>
        {
            options.Validate();
            options.Scheduler.GetSigmas(options.Steps, options.Schedule);
            return options;
        });
    }

    /// <summary>Says on standard error which prompts are longer than what is drawn of them.</summary>
    public static async Task WarnOfCutsAsync(ParseResult arguments, T5Tokenizer tokenizer, int most, string prompt, GenerationOptions options)
    {
        List<(string What, string Text)> prompts = [("prompt", prompt)];
        if (options.Guidance != 1)
        {
            prompts.Add(("negative prompt", options.NegativePrompt));
        }

        foreach ((string what, string text) in prompts)
        {
            TokenizedPrompt tokens = tokenizer.EncodePrompt(text, most);
            if (tokens.IsTruncated)
            {
                string remedy = tokens.UntruncatedLength <= ChromaPipelineOptions.LargestMaximumTokens
                    ? string.Create(CultureInfo.InvariantCulture, $"--max-tokens {tokens.UntruncatedLength} takes them all")
                    : string.Create(CultureInfo.InvariantCulture, $"--max-tokens takes up to {ChromaPipelineOptions.LargestMaximumTokens}");
                await arguments.InvocationConfiguration.Error.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture, $"The {what} has {tokens.UntruncatedLength} tokens, of which the first {most} are used; {remedy}."));
            }
        }
    }

    private static IScheduler? SchedulerOf(SamplerName? sampler, IScheduler? scheduler)
    {
        if (sampler?.Scheduler is not string named)
        {
            return scheduler;
        }

        return scheduler is null || scheduler.Name == named
            ? Schedulers.Get(named)
            : throw new UsageException($"--sampler names the scheduler {named} too, but --scheduler is {scheduler.Name}: name one of them.");
    }

    private static void RefuseWithoutEffect(GenerateArguments a, ParseResult arguments, GenerationOptions options)
    {
        if (options.Guidance == 1 && arguments.GetValue(a.NegativePrompt) is { Length: > 0 })
        {
            throw new UsageException("--negative-prompt has no effect at a guidance of 1: raise --guidance, or leave the negative prompt out.");
        }

        ScheduleShift.Check(options.Scheduler, [a.Shift, a.Mu], arguments.CommandResult, options.Sampler);
    }
}
