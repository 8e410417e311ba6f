using Chroma.Models;
using Chroma.Testing;
using Xunit;

namespace Chroma.Interop.Tests;

/// <summary>Asserts that files are refused as they should be.</summary>
internal static class BadFiles
{
    /// <summary>Opens bytes as a checkpoint and asserts that they are refused, with one sentence that names the file.</summary>
    /// <param name="folder">Where to write them.</param>
    /// <param name="fileName">Under which name.</param>
    /// <param name="bytes">The file.</param>
    /// <param name="because">A part of the sentence, such as the tensor at fault.</param>
    public static void AssertRefused(TemporaryFolder folder, string fileName, ReadOnlySpan<byte> bytes, string because = "")
    {
        string path = folder.Write(fileName, bytes);
        ChromaException error = Assert.Throws<ChromaException>(() => WeightsFile.Open(path).Dispose());
        Assert.True(error.Kind is ChromaErrorKind.Format or ChromaErrorKind.Unsupported, $"{error.Kind}: {error.Message}");
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(because, error.Message, StringComparison.Ordinal);
        Assert.True(error.Message[^1] is '.' or '?', error.Message);
        Assert.DoesNotContain("\n", error.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// Alters every byte of a sound file in turn and opens what comes out. Whether it is refused depends on the byte, but nothing other than a
    /// <see cref="ChromaException"/> may happen, and what opens can be read to the end.
    /// </summary>
    public static int CountRefusedAlterations(TemporaryFolder folder, string fileName, byte[] sound, int headerLength)
    {
        int refused = 0;
        foreach (byte mask in (byte[])[0x01, 0x80, 0xFF])
        {
            for (int i = 0; i < headerLength; i++)
            {
                byte[] altered = [.. sound];
                altered[i] ^= mask;
                string path = folder.Write(fileName, altered);
                try
                {
                    using WeightsFile file = WeightsFile.Open(path);
                    foreach (WeightsTensor tensor in file.Tensors)
                    {
                        _ = file.ReadBytes(tensor.Name);
                    }

                    foreach (MetadataEntry entry in file.Metadata.Values)
                    {
                        _ = entry.Kind == MetadataKind.Text ? entry.AsStrings().Length : entry.AsNumbers().Length;
                    }
                }
                catch (ChromaException)
                {
                    refused++;
                }
            }
        }

        return refused;
    }
}
