using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace Chroma.Layers.Tests;

/// <summary>Writes safetensors files of any element type, from bytes.</summary>
internal static class RawSafetensors
{
    public static void Save(string path, IEnumerable<(string Name, string Type, int[] Shape, byte[] Data)> tensors)
    {
        using MemoryStream data = new();
        using MemoryStream header = new();
        using (Utf8JsonWriter json = new(header))
        {
            json.WriteStartObject();
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
