using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Surroundings.Tests.Support;

/// <summary>A verb that writes a file, with arguments that make it do so quickly.</summary>
internal sealed class Verb
{
    public const string Generate = "generate", Layers = "layers", Quantize = "quantize", Sample = "sample";

    private readonly string _name;
    private readonly string _inputs;

    public Verb(string name, TemporaryFolder folder)
    {
        _name = name;
        _inputs = folder.File("inputs of a sampler.safetensors");
        if (name == Sample && !File.Exists(_inputs))
        {
            SafetensorsWriter.Save(_inputs, new Dictionary<string, FloatTensor> { ["x_init"] = new([1, 2, 3], 3), ["A"] = new([3, 2, 1], 3) });
        }
    }

    /// <summary>The ending of its files.</summary>
    public string Extension => _name switch { Generate => "png", Quantize => "gguf", _ => "safetensors" };

    public string[] Writing(string output, params string[] more) =>
    [
        .. _name switch
        {
            Generate => (string[])["generate", "-p", "a circle", "--steps", "1", "--width", "32", "--height", "32", "--seed", "5", "-o", output],
            Layers =>
            [
                "layers", "--component", "transformer", "--weights", TinyModels.TransformerPath, "--inputs", Golden.PathOf("layers/transformer.inputs.safetensors"),
                "--rope-axes", "8,12,12", "--output", output,
            ],
            Quantize => ["quantize", TinyModels.TransformerPath, output, "--type", "f16"],
            _ => ["sample", "--sampler", "euler", "--sigmas", "1,0.5,0", "--inputs", _inputs, "--output", output],
        },
        .. more,
    ];

    /// <summary>The same for a shell.</summary>
    public string Line(string output, params string[] more) => "chroma " + string.Join(' ', Writing(output, more).Select(text => $"'{text}'"));

    public static TheoryData<string> All => [Generate, Layers, Quantize, Sample];
}
