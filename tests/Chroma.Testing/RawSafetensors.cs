using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Chroma.Testing;

/// <summary>Writes safetensors files of any element type, from bytes.</summary>
public static class RawSafetensors
{
    /// <summary>Writes a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">Each with the format's word for its type, and its elements as they are stored.</param>
    /// <param name="metadata">The header's free text; null for none.</param>
    public static void Save(
        string path, IEnumerable<(string Name, string Type, int[] Shape, byte[] Data)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using MemoryStream data = new();
        using MemoryStream header = new();
        using (Utf8JsonWriter json = new(header))
        {
            json.WriteStartObject();
            if (metadata is not null)
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in metadata)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            foreach ((string name, string type, int[] shape, byte[] bytes) in tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", type);
                json.WriteStartArray("shape");
                Array.ForEach(shape, json.WriteNumberValue);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(data.Length);
                data.Write(bytes);
                json.WriteNumberValue(data.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Padded with spaces, so that the data is aligned.
        string padded = Encoding.UTF8.GetString(header.ToArray()).PadRight((int)(header.Length + 7) / 8 * 8);
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, padded.Length);
        using FileStream file = File.Create(path);
        file.Write(length);
        file.Write(Encoding.UTF8.GetBytes(padded));
        file.Write(data.ToArray());
    }
}
