using Chroma.Imaging;
using Xunit;

namespace Chroma.Sdk.Tests.Imaging;

/// <summary>The texts of other programs: nothing is lost, and nothing of the settings becomes a prompt.</summary>
public sealed class ForeignParametersTests
{
    private const string Head = "cat\nNegative prompt: dog\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 9, Size: 512x768, ";

    public static TheoryData<string, string, string> Values => new()
    {
        { "Hashes: {\"model\": \"6ce\", \"vae\": \"x\"}", "Hashes", "{\"model\": \"6ce\", \"vae\": \"x\"}" },
        { "Hashes: {\"a\": {\"b\": [1, 2, {\"c\": \"}, ]\"}]}, \"q\": \"\\\"\"}, Clip skip: 2", "Hashes", "{\"a\": {\"b\": [1, 2, {\"c\": \"}, ]\"}]}, \"q\": \"\\\"\"}" },
        { "Civitai resources: [{\"type\":\"checkpoint\",\"modelName\":\"Chroma\"}, {\"weight\": 0.5}], Civitai metadata: {}", "Civitai resources", "[{\"type\":\"checkpoint\",\"modelName\":\"Chroma\"}, {\"weight\": 0.5}]" },
        { "Civitai metadata: {}", "Civitai metadata", "{}" },
        { "Lora hashes: \"a: 1, b: 2\"", "Lora hashes", "a: 1, b: 2" },
        { "TI hashes: \"easy \\\"neg\\\": 1, x: 2\", Version: v1.10.1", "TI hashes", "easy \"neg\": 1, x: 2" },
        { "Hires prompt: \"a,\\nb: c \\u00e9\\ud83d\\ude00\"", "Hires prompt", "a,\nb: c é😀" },
        { "ADetailer model: face_yolov8n.pt, ADetailer confidence: 0.3", "ADetailer confidence", "0.3" },
        { "Module 1: ae, Module 2: t5xxl_fp16, Distilled CFG Scale: 3.5", "Module 2", "t5xxl_fp16" },
        { "Model hash: 6ce0161689", "Model hash", "6ce0161689" },
        { "Parser: \"Full parser\", Pipeline: StableDiffusionPipeline, Operations: txt2img; hires", "Operations", "txt2img; hires" },
        { "Path: C:\\models\\a.gguf", "Path", "C:\\models\\a.gguf" },
        { "Time: 12:30:05", "Time", "12:30:05" },
        { "Broken: {\"a\": 1", "Broken", "{\"a\": 1" },
        { "Broken: [1, 2}, Clip skip: 2", "Broken", "[1" },
        { "Broken: \"never closed", "Broken", "\"never closed" },
        { "Odd: \"closed\" and more", "Odd", "\"closed\" and more" },
        { "Empty: , Clip skip: 2", "Empty", "" },
        { "Eta DDIM, Clip skip: 2", "Eta DDIM", "Eta DDIM" },
        { "Wildcard: a (b: c) [d]", "Wildcard", "a (b: c) [d]" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Settings_of_any_form_are_read_and_leave_the_prompts_alone(string last, string name, string value)
    {
        foreach (string text in new[] { Head + last, (Head + last).Replace("\n", "\r\n", StringComparison.Ordinal), Head + last + "\n", Head + last + ", " })
        {
            GenerationParameters read = GenerationParameters.Parse(text);

            Assert.Equal(("cat", "dog", 20, "Euler", 7.0, 9ul, 512, 768), (read.Prompt, read.NegativePrompt, read.Steps, read.Sampler, read.Guidance, read.Seed, read.Width, read.Height));
            Assert.Equal(value, read.Other[name]);
            Assert.Equal(read, GenerationParameters.Parse(read.ToString()));
        }
    }

    [Fact]
    public void Json_stays_without_quotes_where_other_programs_look_for_it() => Assert.Contains(
        "Hashes: {\"model\": \"a\", \"vae\": \"b\"}", GenerationParameters.Parse(Head + "Hashes: {\"model\": \"a\", \"vae\": \"b\"}").ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("Steps: 20, Seed: -1", "Seed", "-1")]
    [InlineData("Steps: 20, Seed: 99999999999999999999999", "Seed", "99999999999999999999999")]
    [InlineData("Steps: many, Sampler: Euler, Seed: 3", "Steps", "many")]
    [InlineData("Steps: 20, Sampler: Euler, CFG scale: \"7,5\"", "CFG scale", "7,5")]
    [InlineData("Steps: 20, Sampler: Euler, CFG scale: NaN", "CFG scale", "NaN")]
    [InlineData("Steps: 20, Sampler: Euler, Size: large", "Size", "large")]
    [InlineData("Steps: 20, Seed: 5, Shift: 1e999", "Shift", "1e999")]
    public void Values_that_cannot_be_what_they_should_are_kept_as_they_are(string line, string name, string value)
    {
        GenerationParameters read = GenerationParameters.Parse("cat\nNegative prompt: dog\n" + line);

        Assert.Equal(("cat", "dog"), (read.Prompt, read.NegativePrompt));
        Assert.Equal(value, read.Other[name]);
        Assert.Contains($"{name}: ", read.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Steps: 20.0, Sampler: Euler, CFG scale: 7.50, Seed: 3, Size: 512 x 768")]
    [InlineData("steps: 20, sampler: Euler, cfg scale: 7.5, seed: 3, size: 512X768")]
    [InlineData("Seed: 3, Size: 512x768, Sampler: Euler, CFG scale: 7.5, Steps: 20")]
    public void Known_settings_may_come_in_any_order_case_and_form(string line)
    {
        GenerationParameters read = GenerationParameters.Parse("cat\n" + line);

        Assert.Equal(("cat", 20, 7.5, 3ul, 512, 768), (read.Prompt, read.Steps, read.Guidance, read.Seed, read.Width, read.Height));
        Assert.Empty(read.Other);
    }

    [Fact]
    public void Prompts_may_have_lines_that_look_like_settings()
    {
        GenerationParameters read = GenerationParameters.Parse(
            "a poster that says\nSteps: 20, Sampler: Euler, Seed: 1\nand more\nNegative prompt: one\nSteps: 5, CFG scale: 3, Seed: 2\ntwo\nSteps: 30, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 3");

        Assert.Equal("a poster that says\nSteps: 20, Sampler: Euler, Seed: 1\nand more", read.Prompt);
        Assert.Equal("one\nSteps: 5, CFG scale: 3, Seed: 2\ntwo", read.NegativePrompt);
        Assert.Equal((30, 3ul, "Karras"), (read.Steps, read.Seed, read.Scheduler));
    }

    [Theory]
    [InlineData("subject: a cat, style: oil, mood: dark")]
    [InlineData("Model: a tall woman, hair: red, dress: blue")]
    [InlineData("Steps: 20")]
    [InlineData("cat\nSteps: up, stairs: old")]
    public void Prompts_with_colons_and_commas_are_prompts(string text) => Assert.Equal(text, GenerationParameters.Parse(text).Prompt);

    [Fact]
    public void Templates_after_the_settings_are_settings()
    {
        GenerationParameters read = GenerationParameters.Parse(Head + "Version: v1.9\nTemplate: a {b|c},\nsecond: line\nNegative Template: d");

        Assert.Equal(("cat", "dog", 9ul, "v1.9"), (read.Prompt, read.NegativePrompt, read.Seed, read.Version));
        Assert.Equal("a {b|c},\nsecond: line", read.Other["Template"]);
        Assert.Equal("d", read.Other["Negative Template"]);
        Assert.Equal(read, GenerationParameters.Parse(read.ToString()));
    }

    [Fact]
    public void Of_settings_of_one_name_the_last_counts_and_the_others_are_kept()
    {
        GenerationParameters read = GenerationParameters.Parse("cat\nSteps: 10, Steps: 20, Lora: a, Lora: b, Lora: c, Seed: 3");

        Assert.Equal(20, read.Steps);
        Assert.Equal("c", read.Other["Lora"]);
        Assert.Equal(["10", "a", "b"], new[] { "Steps (1)", "Lora (1)", "Lora (2)" }.Select(name => read.Other[name]));
    }

    [Fact]
    public void Text_without_prompts_and_text_of_settings_alone_are_read()
    {
        Assert.Equal(("", 4), (GenerationParameters.Parse("Steps: 4, Seed: 1").Prompt, GenerationParameters.Parse("Steps: 4, Seed: 1").Steps));
        GenerationParameters read = GenerationParameters.Parse("Negative prompt: ugly\nmore\nSteps: 4, Sampler: Euler, Seed: 1");
        Assert.Equal(("", "ugly\nmore", 1ul), (read.Prompt, read.NegativePrompt, read.Seed));
    }
}
