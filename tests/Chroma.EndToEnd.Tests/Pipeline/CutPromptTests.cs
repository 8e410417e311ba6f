using System.Collections.Concurrent;
using Chroma.Testing;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Chroma.EndToEnd.Tests.Pipeline;

/// <summary>Prompts that are longer than what is used of them.</summary>
public sealed class CutPromptTests
{
    private const string Text = "abc abc abc abc abc abc abc abc abc abc abc abc";

    [Fact]
    public async Task A_cut_is_seen_in_the_embedding_and_told_to_the_log_each_time()
    {
        using WarningLog log = new();
        using ChromaPipeline pipeline = await TinyModel.LoadAsync(TinyModel.Options with { MaximumTokens = 5, LoggerFactory = log });
        int tokens = pipeline.Tokenizer.EncodePrompt(Text).Length;

        PromptEmbedding cut = await pipeline.EncodePromptAsync(Text);
        Assert.Equal((true, 5, tokens), (cut.IsTruncated, cut.TokenCount, cut.UntruncatedTokenCount));
        await pipeline.GenerateAsync(Text, TinyModel.Quick with { Steps = 1 });

        string[] warnings = [.. log.Warnings];
        Assert.Equal(2, warnings.Length);
        Assert.All(warnings, warning => Assert.Contains($"has {tokens} tokens; only the first 5 are used", warning, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_whole_prompt_is_not_remarked_on()
    {
        using WarningLog log = new();
        using ChromaPipeline pipeline = await TinyModel.LoadAsync(TinyModel.Options with { MaximumTokens = ChromaPipelineOptions.LargestMaximumTokens, LoggerFactory = log });

        PromptEmbedding whole = await pipeline.EncodePromptAsync(Text);

        Assert.Equal((false, whole.TokenCount), (whole.IsTruncated, whole.UntruncatedTokenCount));
        Assert.Empty(log.Warnings);
    }

    private sealed class WarningLog : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<string> Warnings { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Warning)
            {
                Warnings.Enqueue(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
