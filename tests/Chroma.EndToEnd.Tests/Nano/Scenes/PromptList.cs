using System.Text.Json;
using System.Text.Json.Serialization;

namespace Chroma.EndToEnd.Tests.Nano.Scenes;

/// <summary>A list of prompts with their meanings, such as <c>tools/nano/held-out.json</c>.</summary>
public sealed class PromptList
{
    private readonly PromptFile _file;

    private PromptList(string path, PromptFile file)
    {
        Path = path;
        _file = file;
        Prompts = [.. file.Prompts.Select(row => row.ToPrompt())];
    }

    /// <summary>The repository's list, beside the tests: combinations that training never saw.</summary>
    public static string HeldOutPath => System.IO.Path.Combine(AppContext.BaseDirectory, "nano", "held-out.json");

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The prompts, in the order of the file.</summary>
    public IReadOnlyList<ScenePrompt> Prompts { get; }

    /// <summary>The (shape, colour, background colour) triples that training rejected; none where the file does not say.</summary>
    public IReadOnlySet<(ShapeKind Shape, PaletteColour Colour, PaletteColour Ground)> HeldOut => (_file.HeldOut ?? [])
        .Select(triple => (Enum.Parse<ShapeKind>(triple[0], true), Enum.Parse<PaletteColour>(triple[1], true), Enum.Parse<PaletteColour>(triple[2], true)))
        .ToHashSet();

    /// <summary>The figures by which pictures are made; null where the file does not say.</summary>
    public WorldFigures? World => _file.World;

    /// <summary>Reads a list.</summary>
    /// <param name="path">A JSON file like <c>held-out.json</c>; only its <c>prompts</c> are needed.</param>
    /// <exception cref="InvalidDataException">The file is not such a list; the message says where and why.</exception>
    public static PromptList Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            PromptFile content = JsonSerializer.Deserialize(file, PromptJson.Default.PromptFile)!;
            return content.Prompts.Length > 0 ? new PromptList(path, content) : throw new InvalidDataException($"'{path}' has no prompts.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"'{path}' is not a list of prompts: {error.Message}", error);
        }
    }

    /// <summary>Some of the prompts, mixed, so that any beginning of them is a fair sample; the same ones every time.</summary>
    /// <param name="count">How many.</param>
    /// <param name="world">The part of the language to take them from; null for all of it.</param>
    public IReadOnlyList<ScenePrompt> Sample(int count, string? world = null)
    {
        ScenePrompt[] mixed = [.. _file.Prompts.Where(row => world is null || row.World == world).Select(row => row.ToPrompt())];
        new Random(4).Shuffle(mixed);
        return mixed[..count];
    }
}

/// <summary>The file of a list.</summary>
/// <param name="Prompts">The prompts.</param>
/// <param name="HeldOut">Triples of shape, colour and background colour.</param>
/// <param name="World">How pictures are made.</param>
internal sealed record PromptFile(PromptRow[] Prompts, string[][]? HeldOut = null, WorldFigures? World = null);

/// <summary>A prompt of a list.</summary>
/// <param name="Prompt">The words.</param>
/// <param name="Shapes">The shapes they mean.</param>
/// <param name="Background">The background's pattern.</param>
/// <param name="Colours">The background's colours.</param>
/// <param name="Relation">Where the first shape is, seen from the second.</param>
/// <param name="World">The part of the language that it belongs to.</param>
internal sealed record PromptRow(
    string Prompt, SceneShape[] Shapes, GroundPattern Background, PaletteColour[] Colours, Relation? Relation = null, string? World = null)
{
    /// <summary>The prompt with its meaning.</summary>
    public ScenePrompt ToPrompt() => new(Prompt, new Scene(Shapes, Background, Colours, Relation));
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PromptFile))]
internal sealed partial class PromptJson : JsonSerializerContext;
