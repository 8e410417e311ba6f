using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.EndToEnd.Tests.Nano;

/// <summary>chroma-nano as a file of int8 rows is chroma-nano loaded as int8, bit for bit.</summary>
public sealed class Int8FileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ChromaEngine _engine = new();

    public void Dispose()
    {
        _engine.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_text_encoder_and_the_transformer_give_the_same_bits()
    {
        Assert.SkipUnless(_engine.Description.Contains("oneDNN", StringComparison.Ordinal), "This native library has no oneDNN.");
        string textEncoder = Path.Combine(ChromaNano.Folder, "chroma-nano-t5.gguf");
        string transformer = Path.Combine(ChromaNano.Folder, "chroma-nano-transformer.gguf");

        FloatTensor context = Encode(textEncoder, WeightType.Int8);
        Assert.Equal(context.Span.ToArray(), Encode(await QuantizeAsync(textEncoder), WeightType.Stored).Span.ToArray());

        float[] loaded = Velocity(transformer, WeightType.Int8, context);
        Assert.Equal(loaded, Velocity(await QuantizeAsync(transformer), WeightType.Stored, context));
        Assert.NotEqual(loaded, Velocity(transformer, WeightType.Stored, context));
    }

    private async Task<string> QuantizeAsync(string source)
    {
        string path = _folder.File(Path.GetFileName(source));
        await WeightsFile.QuantizeAsync(source, path, new QuantizeOptions { Type = WeightType.Int8 }, cancellationToken: TestContext.Current.CancellationToken);
        return path;
    }

    private FloatTensor Encode(string path, WeightType type)
    {
        using TextEncoder encoder = TextEncoder.Load(_engine, path, new ModelLoadOptions { Type = type });
        return encoder.Encode(new[,] { { 7, 3, 19, 4, 11, 1 } });
    }

    private float[] Velocity(string path, WeightType type, FloatTensor context)
    {
        using Transformer transformer = Transformer.Load(_engine, path, new ModelLoadOptions { Type = type });
        FloatTensor latent = new(1, 16, 16, 16);
        for (int i = 0; i < latent.Length; i++)
        {
            latent.Span[i] = 2 * MathF.Sin(i * 0.7f);
        }

        return transformer.Forward(latent, [0.6f], context).Span.ToArray();
    }
}
