using Chroma.Imaging;
using Xunit;

namespace Chroma.Sdk.Tests.Imaging;

public sealed class GenerationParametersTests
{
    private static readonly GenerationParameters _full = new()
    {
        Prompt = "a red fox,\nin the snow",
        NegativePrompt = "blurry: very\nugly",
        Steps = 28,
        Sampler = "euler",
        Scheduler = "beta",
        Guidance = 4.5,
        Seed = ulong.MaxValue,
        Width = 1024,
        Height = 768,
        Model = "Chroma1, \"HD\"",
        Version = "Chroma for .NET 0.1.0",
    };

    [Fact]
    public void The_text_has_the_form_that_the_web_ui_writes() => Assert.Equal(
        "a red fox,\nin the snow\nNegative prompt: blurry: very\nugly\n"
        + "Steps: 28, Sampler: euler, Schedule type: beta, CFG scale: 4.5, Seed: 18446744073709551615, Size: 1024x768, "
        + "Model: \"Chroma1, \\\"HD\\\"\", Version: Chroma for .NET 0.1.0",
        _full.ToString());

    [Fact]
    public void Parsing_gives_the_same_record_back()
    {
        Assert.Equal(_full, GenerationParameters.Parse(_full.ToString()));
        GenerationParameters bare = new() { Prompt = "日本語 😀", Steps = 4, Seed = 0, Guidance = 1 };
        Assert.Equal(bare, GenerationParameters.Parse(bare.ToString()));
        GenerationParameters noPrompt = bare with { Prompt = "", NegativePrompt = "ugly" };
        Assert.Equal(noPrompt, GenerationParameters.Parse(noPrompt.ToString()));
    }

    [Fact]
    public void Settings_of_other_programs_are_kept()
    {
        GenerationParameters read = GenerationParameters.Parse(
            "a cat\r\nSteps: 20, Sampler: DPM++ 2M, CFG scale: 7, Seed: 1, Size: 512x512, Lora hashes: \"a: 1, b: 2\", Clip skip: 2");
        Assert.Equal("a cat", read.Prompt);
        Assert.Equal("DPM++ 2M", read.Sampler);
        Assert.Equal(7, read.Guidance);
        Assert.Equal("a: 1, b: 2", read.Other["Lora hashes"]);
        Assert.Equal("2", read.Other["Clip skip"]);
        Assert.Contains("Lora hashes: \"a: 1, b: 2\", Clip skip: 2", read.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("just a prompt")]
    [InlineData("a prompt: with a colon, and more")]
    [InlineData("two\nlines, a: b")]
    [InlineData("")]
    public void Text_without_settings_is_a_prompt(string text)
    {
        GenerationParameters read = GenerationParameters.Parse(text);
        Assert.Equal(text, read.Prompt);
        Assert.Null(read.Steps);
        Assert.Equal(text, read.ToString());
    }
}
