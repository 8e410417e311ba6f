using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Chroma.Models;

namespace Chroma.Cli.Commands.Shared;

/// <summary>What is in a checkpoint, for people and for programs.</summary>
internal static class WeightsReport
{
    private const int MostElements = 8; // of a metadata array; a vocabulary has 32,000
    private const int MostCharacters = 100; // of a metadata text, for people

    /// <summary>How JSON is written for programs: indented, and as UTF-8.</summary>
    public static JsonWriterOptions JsonOptions => new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void WriteText(WeightsFile file, TextWriter output)
    {
        output.WriteLine($"file          {file.Path}");
        output.WriteLine($"format        {NameOf(file.Container)}{(file.FileCount > 1 ? $", {file.FileCount} files" : "")}");
        output.WriteLine($"architecture  {string.Join(", ", Architectures(file).Select(NameOf))}");
        if (file.Description.Length > 0)
        {
            output.WriteLine($"description   {file.Description}");
        }

        output.WriteLine($"parameters    {Count(file.ParameterCount)}");
        output.WriteLine($"tensors       {Count(file.Tensors.Count)}, {Count(file.TensorBytes)} bytes");
        if (file.Parts.Count > 1)
        {
            output.WriteLine();
            output.WriteLine("parts");
            foreach (PartShare share in Parts(file))
            {
                output.WriteLine($"  {NameOf(share.Part),-12} {Count(share.Tensors),8} tensors {Count(share.Parameters),16} parameters {Count(share.Bytes),16} bytes");
            }
        }

        output.WriteLine();
        output.WriteLine("types");
        foreach (TypeShare share in Types(file))
        {
            output.WriteLine($"  {share.Type,-10} {Count(share.Tensors),8} tensors {Count(share.Parameters),16} parameters {Count(share.Bytes),16} bytes");
        }

        if (file.Metadata.Count > 0)
        {
            output.WriteLine();
            output.WriteLine("metadata");
            foreach (MetadataEntry entry in file.Metadata.Values)
            {
                output.WriteLine($"  {entry.Key} = {Shown(entry)}");
            }
        }

        output.WriteLine();
        output.WriteLine("tensors");
        int width = file.Tensors.Select(tensor => tensor.Name.Length).DefaultIfEmpty(0).Max();
        foreach (WeightsTensor tensor in file.Tensors)
        {
            string canonical = tensor.CanonicalName == tensor.Name ? "" : $"  = {tensor.CanonicalName}";
            output.WriteLine($"  {tensor.Name.PadRight(width)}  {tensor.StoredType,-8} {tensor.ShapeText}{canonical}");
        }
    }

    public static void WriteJson(WeightsFile file, TextWriter output)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, JsonOptions))
        {
            WriteJson(file, json);
        }

        output.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    /// <summary>The same as one object of a larger text.</summary>
    public static void WriteJson(WeightsFile file, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("path", file.Path);
        json.WriteString("format", NameOf(file.Container));
        json.WriteNumber("files", file.FileCount);
        json.WriteString("architecture", NameOf(file.Architecture));
        json.WriteString("description", file.Description);
        json.WriteStartObject("parts");
        foreach (PartShare share in Parts(file))
        {
            WriteShare(json, NameOf(share.Part), share.Tensors, share.Parameters, share.Bytes);
        }

        json.WriteEndObject();
        json.WriteNumber("parameters", file.ParameterCount);
        json.WriteNumber("bytes", file.TensorBytes);
        json.WriteStartObject("types");
        foreach (TypeShare share in Types(file))
        {
            WriteShare(json, share.Type, share.Tensors, share.Parameters, share.Bytes);
        }

        json.WriteEndObject();
        WriteMetadata(json, file);
        WriteTensors(json, file);
        json.WriteEndObject();
    }

    private static void WriteShare(Utf8JsonWriter json, string name, int tensors, long parameters, long bytes)
    {
        json.WriteStartObject(name);
        json.WriteNumber("tensors", tensors);
        json.WriteNumber("parameters", parameters);
        json.WriteNumber("bytes", bytes);
        json.WriteEndObject();
    }

    private static void WriteMetadata(Utf8JsonWriter json, WeightsFile file)
    {
        json.WriteStartObject("metadata");
        foreach (MetadataEntry entry in file.Metadata.Values)
        {
            json.WritePropertyName(entry.Key);
            if (!entry.IsArray)
            {
                WriteElements(json, entry, 1);
            }
            else if (entry.Count <= MostElements)
            {
                json.WriteStartArray();
                WriteElements(json, entry, entry.Count);
                json.WriteEndArray();
            }
            else
            {
                json.WriteStartObject();
                json.WriteNumber("count", entry.Count);
                json.WriteStartArray("first");
                WriteElements(json, entry, MostElements);
                json.WriteEndArray();
                json.WriteEndObject();
            }
        }

        json.WriteEndObject();
    }

    private static void WriteElements(Utf8JsonWriter json, MetadataEntry entry, int count)
    {
        if (entry.Kind == MetadataKind.Text)
        {
            foreach (string text in entry.AsStrings().AsSpan(0, count))
            {
                json.WriteStringValue(text);
            }

            return;
        }

        foreach (double number in entry.AsNumbers().AsSpan(0, count))
        {
            if (entry.Kind == MetadataKind.Boolean)
            {
                json.WriteBooleanValue(number != 0);
            }
            else if (double.IsFinite(number))
            {
                json.WriteNumberValue(number);
            }
            else
            {
                json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture)); // JSON has no infinity
            }
        }
    }

    private static void WriteTensors(Utf8JsonWriter json, WeightsFile file)
    {
        json.WriteStartArray("tensors");
        foreach (WeightsTensor tensor in file.Tensors)
        {
            json.WriteStartObject();
            json.WriteString("name", tensor.Name);
            json.WriteString("canonical_name", tensor.CanonicalName);
            json.WriteString("type", tensor.Type.ToName());
            json.WriteString("stored_type", tensor.StoredType);
            json.WriteStartArray("shape");
            foreach (long length in tensor.Shape)
            {
                json.WriteNumberValue(length);
            }

            json.WriteEndArray();
            json.WriteNumber("bytes", tensor.Bytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Shown(MetadataEntry entry)
    {
        IEnumerable<string> elements = entry.Kind switch
        {
            MetadataKind.Text => entry.AsStrings().Take(MostElements).Select(Shorten),
            MetadataKind.Boolean => entry.AsNumbers().Take(MostElements).Select(number => number != 0 ? "true" : "false"),
            _ => entry.AsNumbers().Take(MostElements).Select(number => number.ToString(CultureInfo.InvariantCulture)),
        };
        string more = entry.Count > MostElements ? $", ... {Count(entry.Count)} in all" : "";
        return entry.IsArray ? $"[{string.Join(", ", elements)}{more}]" : elements.First();
    }

    private static string Shorten(string text)
    {
        string line = text.ReplaceLineEndings(" ");
        return line.Length <= MostCharacters ? line : string.Concat(line.AsSpan(0, MostCharacters), "...");
    }

    private static IEnumerable<TypeShare> Types(WeightsFile file) => file.Tensors
        .GroupBy(tensor => tensor.StoredType, StringComparer.Ordinal)
        .Select(group => new TypeShare(group.Key, group.Count(), group.Sum(tensor => tensor.IsScale ? 0 : tensor.ElementCount), group.Sum(tensor => tensor.Bytes)))
        .OrderByDescending(share => share.Bytes);

    private static IEnumerable<PartShare> Parts(WeightsFile file) => file.Parts.Select(part =>
    {
        WeightsTensor[] tensors = [.. file.Tensors.Where(tensor => tensor.Part == part)];
        return new PartShare(part, tensors.Length, tensors.Sum(tensor => tensor.ElementCount), tensors.Sum(tensor => tensor.Bytes));
    });

    // A foreign model may have parts of ours beside it.
    private static IEnumerable<ModelArchitecture> Architectures(WeightsFile file) => file.Parts.Prepend(file.Architecture).Distinct();

    private static string NameOf(WeightsContainer container) => container == WeightsContainer.Gguf ? "gguf" : "safetensors";

    private static string NameOf(ModelArchitecture architecture) => architecture switch
    {
        ModelArchitecture.Chroma => "chroma",
        ModelArchitecture.T5Encoder => "t5-encoder",
        ModelArchitecture.Autoencoder => "autoencoder",
        ModelArchitecture.Flux => "flux",
        ModelArchitecture.ChromaRadiance => "chroma-radiance",
        ModelArchitecture.Clip => "clip",
        ModelArchitecture.StableDiffusion => "stable-diffusion",
        ModelArchitecture.TinyAutoencoder => "tiny-autoencoder",
        _ => "unknown",
    };

    private static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    private sealed record PartShare(ModelArchitecture Part, int Tensors, long Parameters, long Bytes);

    private sealed record TypeShare(string Type, int Tensors, long Parameters, long Bytes);
}
