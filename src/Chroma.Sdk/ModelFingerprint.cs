using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Chroma;

/// <summary>
/// Ten hexadecimal digits that tell the files of a part of a model apart from others of the same name. Checkpoints have many gigabytes, so only samples of
/// them are hashed: their sizes, and pieces at even distances. Retrained weights differ everywhere.
/// </summary>
internal static partial class ModelFingerprint
{
    private const int Pieces = 256;
    private const int PieceLength = 16 << 10;

    /// <summary>The fingerprint of a file, of the shards that an index or the name of one of them stands for, or of the files in a folder.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static string Of(string path)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] piece = new byte[PieceLength];
        foreach (string file in FilesOf(path))
        {
            Add(hash, file, piece);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 5));
    }

    private static void Add(IncrementalHash hash, string path, byte[] piece)
    {
        using FileStream file = File.OpenRead(path);
        long length = file.Length;
        Span<byte> size = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(size, length);
        hash.AppendData(size);
        if (length <= (long)Pieces * PieceLength)
        {
            for (int read = file.Read(piece); read > 0; read = file.Read(piece))
            {
                hash.AppendData(piece.AsSpan(0, read));
            }

            return;
        }

        for (int i = 0; i < Pieces; i++)
        {
            file.Position = (long)((Int128)(length - PieceLength) * i / (Pieces - 1)); // the first and the last bytes are in it
            file.ReadExactly(piece);
            hash.AppendData(piece);
        }
    }

    private static IEnumerable<string> FilesOf(string path)
    {
        if (Directory.Exists(path))
        {
            string[] files = [.. Directory.EnumerateFiles(path).Order(StringComparer.Ordinal)];
            string[] weights = Array.FindAll(files, IsWeights);
            return weights.Length > 0 ? weights : Array.FindAll(files, IsTokenizer);
        }

        string folder = Path.GetDirectoryName(path) ?? "";
        if (path.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase))
        {
            using JsonDocument index = JsonDocument.Parse(File.ReadAllBytes(path));
            return index.RootElement.GetProperty("weight_map").EnumerateObject()
                .Select(entry => Path.Combine(folder, entry.Value.GetString() ?? ""))
                .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        }

        Match shard = ShardName().Match(Path.GetFileName(path));
        return shard.Success
            ? Directory.EnumerateFiles(folder).Where(file => IsShardOf(shard, Path.GetFileName(file))).Order(StringComparer.Ordinal)
            : [path];
    }

    private static bool IsShardOf(Match shard, string name) => ShardName().Match(name) is { Success: true } other
        && (other.Groups["stem"].Value, other.Groups["count"].Value, other.Groups["end"].Value) == (shard.Groups["stem"].Value, shard.Groups["count"].Value, shard.Groups["end"].Value);

    private static bool IsWeights(string file) => Path.GetExtension(file).ToUpperInvariant() is ".SAFETENSORS" or ".GGUF";

    private static bool IsTokenizer(string file) => Path.GetFileName(file) is "tokenizer.json" or "spiece.model";

    [GeneratedRegex(@"^(?<stem>.*)-\d{5}-of-(?<count>\d{5})(?<end>\.[^.]*)?$")]
    private static partial Regex ShardName();
}
