using System.Text;
using Google.Protobuf;

namespace Chroma.Tokenization;

/// <summary>
/// Reads a SentencePiece model (<c>spiece.model</c>): a protobuf message whose field numbers are those of SentencePiece's
/// <c>sentencepiece_model.proto</c>.
/// </summary>
internal static class SentencePieceModelFile
{
    private const int UnigramModelType = 1;

    private static readonly UTF8Encoding _strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static SentencePieceVocabulary Read(byte[] bytes, string file)
    {
        try
        {
            Model model = new();
            ReadModel(bytes, model);
            if (model.ModelType != UnigramModelType)
            {
                string kind = model.ModelType is >= 2 and <= 4 ? new[] { "BPE", "word", "character" }[model.ModelType - 2] : "unknown";
                throw new InvalidDataException($"'{file}' is a SentencePiece model of the {kind} kind; expected a Unigram model, which T5 has.");
            }

            if (model.Pieces.Count == 0)
            {
                throw new InvalidDataException($"'{file}' is not a SentencePiece model: it holds no pieces.");
            }

            return new SentencePieceVocabulary
            {
                Source = $"'{file}'",
                Pieces = model.Pieces,
                Scores = model.Scores,
                Types = model.Types,
                EndId = model.EndId,
                PadId = model.PadId,
                PrecompiledCharsMap = model.CharsMap,
                AddSpacePrefix = model.AddDummyPrefix,
                RemoveExtraWhitespaces = model.RemoveExtraWhitespaces,
            };
        }
        catch (Exception error) when (error is InvalidProtocolBufferException or DecoderFallbackException)
        {
            throw new InvalidDataException($"'{file}' is not a SentencePiece model, or is cut short: {error.Message}", error);
        }
    }

    private static void ReadModel(byte[] bytes, Model model)
    {
        using CodedInputStream input = new(bytes);
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            switch (tag)
            {
                case (1 << 3) | 2:
                    ReadPiece(input.ReadBytes(), model);
                    break;
                case (2 << 3) | 2:
                    ReadTrainerSpec(input.ReadBytes(), model);
                    break;
                case (3 << 3) | 2:
                    ReadNormalizerSpec(input.ReadBytes(), model);
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
    }

    private static void ReadPiece(ByteString bytes, Model model)
    {
        using CodedInputStream input = bytes.CreateCodedInput();
        string piece = "";
        float score = 0;
        PieceType type = PieceType.Normal;
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            switch (tag)
            {
                case (1 << 3) | 2:
                    piece = _strictUtf8.GetString(input.ReadBytes().Span);
                    break;
                case (2 << 3) | 5:
                    score = input.ReadFloat();
                    break;
                case 3 << 3:
                    type = (PieceType)input.ReadEnum();
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }

        model.Pieces.Add(piece);
        model.Scores.Add(score);
        model.Types.Add(type);
    }

    private static void ReadTrainerSpec(ByteString bytes, Model model)
    {
        using CodedInputStream input = bytes.CreateCodedInput();
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            switch (tag)
            {
                case 3 << 3:
                    model.ModelType = input.ReadEnum();
                    break;
                case 42 << 3:
                    model.EndId = NotNegative(input.ReadInt32());
                    break;
                case 43 << 3:
                    model.PadId = NotNegative(input.ReadInt32());
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
    }

    private static void ReadNormalizerSpec(ByteString bytes, Model model)
    {
        using CodedInputStream input = bytes.CreateCodedInput();
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            switch (tag)
            {
                case (2 << 3) | 2:
                    model.CharsMap = input.ReadBytes().Memory;
                    break;
                case 3 << 3:
                    model.AddDummyPrefix = input.ReadBool();
                    break;
                case 4 << 3:
                    model.RemoveExtraWhitespaces = input.ReadBool();
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
    }

    private static int? NotNegative(int id) => id < 0 ? null : id;

    /// <summary>What the file says, with protobuf's defaults for what it leaves out.</summary>
    private sealed class Model
    {
        public List<string> Pieces { get; } = [];

        public List<double> Scores { get; } = [];

        public List<PieceType> Types { get; } = [];

        public int ModelType { get; set; } = UnigramModelType;

        public int? EndId { get; set; }

        public int? PadId { get; set; }

        public ReadOnlyMemory<byte> CharsMap { get; set; }

        public bool AddDummyPrefix { get; set; } = true;

        public bool RemoveExtraWhitespaces { get; set; } = true;
    }
}
