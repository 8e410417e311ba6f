using System.Text;
using System.Text.RegularExpressions;
using Chroma.Fuzz.Tests.Fuzzing;
using Chroma.Imaging;
using Chroma.Models;
using Chroma.Testing;
using CsCheck;
using Xunit;

namespace Chroma.Fuzz.Tests;

/// <summary>Small texts that people and other programs write: generation parameters, a model's description, patterns.</summary>
public sealed class TextFuzzTests : IDisposable
{
    private const string Seed = "0000KOIPe036";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Any_text_parses_as_generation_parameters()
    {
        byte[][] seeds = Fuzzer.Words(
            "a fox\nNegative prompt: blurry\nSteps: 28, Sampler: euler, Schedule type: beta, CFG scale: 4, Seed: 42, Size: 16x8, Model: \"a, b\", Version: 1",
            "x\nSteps: 20, Sampler: Euler a, CFG scale: 7, Hashes: {\"model\": \"a\", \"vae\": \"b\"}, Civitai resources: [{\"a\":1},{\"b\":[2]}], Version: f1.0");
        new Fuzzer(nameof(Any_text_parses_as_generation_parameters), seeds, Fuzzer.Words(": \"", "\\\"", ", ", "Negative prompt:", "\nSteps: ", "Size: 1x", "{\"", "[", "\\ud800"),
            Read, _ => false).Run();

        // What is no UTF-8 stands for halves of surrogate pairs, which a prompt in a .NET string may have.
        static void Read(byte[] input) => _ = GenerationParameters.Parse(Encoding.UTF8.GetString(input).Replace('\uFFFD', '\ud83d')).ToString();
    }

    [Theory]
    [InlineData("a\nSteps: 1, Sampler: \"\\ud800\", Seed: 1")] // escaped, in the text of a picture
    [InlineData("a\nSteps: 1, Sampler: b\ud800,\ud800, Seed: 1")]
    public void Halves_of_surrogate_pairs_in_settings_are_no_failure(string text)
    {
        GenerationParameters parameters = GenerationParameters.Parse(text);
        Assert.NotEmpty((parameters with { Sampler = "b, \ud800" }).ToString());
    }

    [Fact]
    public void Parameters_survive_their_text() => Parameters().Sample(
        expected =>
        {
            GenerationParameters actual = GenerationParameters.Parse(expected.ToString());
            Assert.Equal(expected with { Other = actual.Other }, actual);
            Assert.Equal(expected.Other.OrderBy(pair => pair.Key), actual.Other.OrderBy(pair => pair.Key));
        },
        seed: Seed,
        iter: FuzzSettings.Seconds is null ? 1000 : -1,
        time: (int)(FuzzSettings.Seconds ?? -1),
        threads: 1);

    [Fact]
    public void A_models_description_reads_or_is_refused()
    {
        byte[][] seeds = Fuzzer.Words("{\"width\": 128, \"height\": 64, \"steps\": 20, \"guidance\": 3.5, \"sampler\": \"euler\", \"scheduler\": \"beta\", \"shift\": 1, \"extra\": []}");
        new Fuzzer(nameof(A_models_description_reads_or_is_refused), seeds, Fuzzer.Words("\"mu\"", "\"heun\"", "\"simple\"", "\"steps\": 99999"), Read,
            error => error is InvalidDataException).Run();

        void Read(byte[] input)
        {
            _folder.Write(ModelDefaults.FileName, input);
            _ = ModelDefaults.Find(_folder.Path)?.ToOptions();
        }
    }

    [Fact]
    public void A_pattern_fits_the_names_that_its_regular_expression_fits() =>
        Gen.Select(Gen.String[Gen.OneOf('a', 'b', '.', '*', '?', '[', '0'), 0, 12], Gen.String[Gen.OneOf('a', 'b', '.', '0', '*'), 0, 16]).Sample(
            (pattern, name) =>
            {
                string expression = "^" + Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal) + "\\z";
                Assert.Equal(Regex.IsMatch(name, expression, RegexOptions.Singleline | RegexOptions.NonBacktracking), Glob.Matches(pattern, name));
            },
            seed: Seed,
            iter: FuzzSettings.Seconds is null ? 5000 : -1,
            time: (int)(FuzzSettings.Seconds ?? -1),
            threads: 1);

    private static Gen<GenerationParameters> Parameters()
    {
        Gen<char> letter = Gen.OneOf<char>(Gen.Char['a', 'z'], Gen.OneOf(' ', ',', ':', '"', '\\', '{', '}', '[', ']', '\'', 'é', '日'));
        // Lines of a prompt could be read as settings only if they were the last; a line of text alone never is.
        Gen<string> prompt = Gen.String[letter, 0, 30].Select(text => text.Replace("Negative prompt", "", StringComparison.Ordinal));
        Gen<string> value = Gen.String[letter, 1, 12].Select(text => text.Trim()).Where(text => text.Length > 0);
        Gen<string> key = Gen.String[Gen.Char['a', 'z'], 3, 8].Select(name => "x " + name); // no name that has a field of its own
        return
            from positive in prompt
            from negative in prompt
            from steps in Gen.Int[1, 10000]
            from sampler in value
            from guidance in Gen.Double[0, 100]
            from seed in Gen.ULong
            from model in value
            from other in Gen.Dictionary(key, value)[0, 3]
            select new GenerationParameters
            {
                Prompt = positive,
                NegativePrompt = negative.Trim(),
                Steps = steps,
                Sampler = sampler,
                Guidance = guidance,
                Seed = seed,
                Model = model,
                Other = other,
            };
    }
}
