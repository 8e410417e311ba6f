using Chroma.Imaging;
using Chroma.Models;
using CsCheck;
using Xunit;

namespace Chroma.Sdk.Tests.Imaging;

/// <summary>Whatever stands in parameters comes back out of their text and out of every file format.</summary>
public sealed class ParameterRoundTripTests
{
    private static readonly string[] _pieces =
    [
        "\n", "\r\n", "\r", " ", ",", ":", "\"", "\\", "{", "}", "[", "]", "\0", "\uD83D", "\uDE00", "😀", "\uFEFF", "\uFFFE", "\uFFFD", "日本語", "一丁\u5200\u6C00\uFF00", "\u0085", "\u2028", "\t",
        "Steps: 20", "Steps: 20, Sampler: Euler, CFG scale: 7, Seed: 1", "\nNegative prompt: ", "Negative prompt:", "\nSteps: 20, Seed: 3", "Exact prompt: \"x\"", "Template: a", "\nTemplate: b",
        "{\"a\": 1, \"b\": [2]}", "(cat:1.2)", "é", "x",
    ];

    private static readonly Gen<string> _piece = Gen.OneOf(Gen.Int[0, _pieces.Length - 1].Select(i => _pieces[i]), Gen.String[0, 6]);

    private static readonly Gen<string> _text = _piece.List[0, 8].Select(string.Concat);

    private static readonly Gen<GenerationParameters> _parameters =
        from prompt in _text
        from negative in _text
        from sampler in _text
        from model in _text
        from other in _text
        from seed in Gen.ULong
        from guidance in Gen.Double[0, 100]
        from kind in Gen.Int[0, 3]
        select kind switch
        {
            0 => new GenerationParameters { Prompt = prompt, NegativePrompt = negative },
            1 => new GenerationParameters { Prompt = prompt, NegativePrompt = negative, Steps = 4 },
            2 => new GenerationParameters { Prompt = prompt, Steps = 4, Seed = seed, Guidance = guidance, Sampler = sampler },
            _ => new GenerationParameters
            {
                Prompt = prompt,
                NegativePrompt = negative,
                Steps = 4,
                Seed = seed,
                Guidance = guidance,
                Sampler = sampler,
                Scheduler = "beta",
                SamplerOptions = new Dictionary<string, string> { ["eta"] = "0.5", ["s_noise"] = other },
                Sigmas = [1, 0.1f, (float)(guidance / 101), 0],
                Mu = guidance,
                CacheThreshold = 0.1f,
                TextMask = TextMask.Training,
                WeightType = WeightType.Q4_K,
                RopeAxes = new RopeAxes(2, 4, 6),
                Model = model,
                Fingerprints = new Dictionary<string, string> { ["text encoder"] = model },
                Other = new Dictionary<string, string> { ["Mine"] = other, [$"n{other}"] = model },
            },
        };

    [Fact]
    public void Text_gives_back_what_was_written() => _parameters.Sample(
        parameters => Assert.Equal(parameters, GenerationParameters.Parse(parameters.ToString())), iter: 20_000, print: Show);

    [Fact]
    public void Files_of_every_format_give_back_what_was_written() => Gen.Select(_parameters, Gen.Enum<ImageFormat>()).Sample(
        (parameters, format) => Assert.Equal(parameters, ChromaImage.ReadParameters(new ChromaImage(2, 2, new byte[12]) { Parameters = parameters }.Encode(format))),
        iter: 300,
        print: pair => Show(pair.Item1));

    [Fact]
    public void No_text_makes_the_reader_fail_and_every_reading_is_stable() => _text.Sample(
        text =>
        {
            GenerationParameters read = GenerationParameters.Parse(text);
            Assert.Equal(read, GenerationParameters.Parse(read.ToString()));
            _ = read.ToOptions();
            read.ToPipelineOptions().Validate();
        },
        iter: 20_000,
        print: text => System.Text.Json.JsonSerializer.Serialize(text));

    private static string Show(GenerationParameters parameters) => string.Concat(parameters.ToString().Select(c => c is >= ' ' and <= '~' ? c.ToString() : $"\\u{(int)c:X4}"));
}
