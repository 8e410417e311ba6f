using System.Text;
using Chroma.Tokenization;
using Xunit;

namespace Chroma.Sdk.Tests.Tokenization;

/// <summary>Reads just enough of a GGUF file's metadata to build a vocabulary from it, as a caller with a GGUF reader would.</summary>
internal static class GgufMetadata
{
    public static SentencePieceVocabulary ReadVocabulary(string path)
    {
        using BinaryReader reader = new(File.OpenRead(path));
        Assert.Equal("GGUF"u8, reader.ReadBytes(4));
        Assert.Equal(3u, reader.ReadUInt32());
        Assert.Equal(0ul, reader.ReadUInt64());
        Dictionary<string, object> values = [];
        for (ulong left = reader.ReadUInt64(); left > 0; left--)
        {
            string key = Text(reader);
            values[key] = Value(reader, reader.ReadUInt32());
        }

        object Of(string name) => values["tokenizer.ggml." + name];
        Assert.Equal("t5", Of("model"));
        return new SentencePieceVocabulary
        {
            Source = $"'{path}'",
            Pieces = [.. ((object[])Of("tokens")).Cast<string>()],
            Scores = [.. ((object[])Of("scores")).Select(score => (double)(float)score)],
            Types = [.. ((object[])Of("token_type")).Select(type => (PieceType)(int)type)],
            UnknownId = (int)(uint)Of("unknown_token_id"),
            EndId = (int)(uint)Of("eos_token_id"),
            PadId = (int)(uint)Of("padding_token_id"),
            AddSpacePrefix = (bool)Of("add_space_prefix"),
            RemoveExtraWhitespaces = (bool)Of("remove_extra_whitespaces"),
            PrecompiledCharsMap = ((object[])Of("precompiled_charsmap")).Cast<byte>().ToArray(),
        };
    }

    private static object Value(BinaryReader reader, uint type) => type switch
    {
        0 => reader.ReadByte(),
        4 => reader.ReadUInt32(),
        5 => reader.ReadInt32(),
        6 => reader.ReadSingle(),
        7 => reader.ReadBoolean(),
        8 => Text(reader),
        9 => Array(reader),
        _ => throw new InvalidDataException($"type {type}"),
    };

    private static object[] Array(BinaryReader reader)
    {
        uint type = reader.ReadUInt32();
        return [.. Enumerable.Range(0, (int)reader.ReadUInt64()).Select(_ => Value(reader, type))];
    }

    private static string Text(BinaryReader reader) => Encoding.UTF8.GetString(reader.ReadBytes((int)reader.ReadUInt64()));
}
