using Chroma.Fuzz.Tests.Fuzzing;
using Chroma.Models;
using Chroma.Tensors;
using Chroma.Testing;
using Xunit;

namespace Chroma.Fuzz.Tests;

/// <summary>Whatever a file of tensors holds, it opens or is refused with the one exception of its reader.</summary>
public sealed class TensorFileFuzzTests : IDisposable
{
    private const int MostElements = 1 << 16;

    private static readonly byte[][] _words = Fuzzer.Words(
        "\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", "\"F32\"", "\"BF16\"", "\"F8_E4M3\"", "\"BOOL\"", "\"I64\"", "\"U8\"", "[0,0]");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Safetensors_open_or_are_refused() =>
        new Fuzzer(nameof(Safetensors_open_or_are_refused), [Stored("05_padding_mask"), Stored("08_cfg_and_step")], _words, ReadSafetensors,
            error => error is SafetensorsException).Run();

    [Fact]
    public void Checkpoints_open_or_are_refused() =>
        new Fuzzer(nameof(Checkpoints_open_or_are_refused), [Stored("05_padding_mask"), File.ReadAllBytes(Golden.PathOf("tiny_tokenizer/vocabulary.gguf"))],
            _words, ReadCheckpoint, error => error is ChromaException).Run();

    private static byte[] Stored(string name) => File.ReadAllBytes(Golden.PathOf(name + ".safetensors"));

    private void ReadSafetensors(byte[] input)
    {
        using SafetensorsFile file = SafetensorsFile.Open(_folder.Write("file.safetensors", input));
        foreach (SafetensorsTensor tensor in file.Tensors.Where(tensor => tensor.ElementCount <= MostElements))
        {
            Assert.Equal(tensor.ElementCount, file.ReadFloats(tensor.Name).Length);
            if (tensor.Type.IsInteger())
            {
                Assert.Equal(tensor.ElementCount, file.ReadInt64(tensor.Name).Length);
            }
        }
    }

    private void ReadCheckpoint(byte[] input)
    {
        using WeightsFile file = WeightsFile.Open(_folder.Write("file", input));
        foreach (WeightsTensor tensor in file.Tensors.Where(tensor => tensor.ElementCount <= MostElements))
        {
            try
            {
                Assert.Equal(tensor.ElementCount, file.Read(tensor.Name).Length);
            }
            catch (ChromaException)
            {
                // Some types cannot be converted; that is said tensor by tensor.
            }
        }

        foreach (MetadataEntry entry in file.Metadata.Values)
        {
            Assert.True(entry.Kind == MetadataKind.Text ? entry.AsStrings().Length == entry.Count : entry.AsNumbers().Length == entry.Count);
        }
    }
}
