using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Chroma.Tokenization;

/// <summary>
/// Reads a Hugging Face <c>tokenizer.json</c> that describes a T5 tokenizer: a Unigram model behind a compiled character map and the
/// Metaspace pre-tokenizer, in the form that today's converters write or the older one with WhitespaceSplit.
/// </summary>
internal static class TokenizerJson
{
    public static SentencePieceVocabulary Read(ReadOnlyMemory<byte> json, string file)
    {
        if (!Utf8.IsValid(json.Span))
        {
            throw new InvalidDataException($"'{file}' is not JSON: it is not valid UTF-8.");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return new Reader(file).Read(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a name that no .NET string can hold, such as half of a surrogate pair.
            throw new InvalidDataException($"'{file}' is not JSON, or is cut short: {error.Message}", error);
        }
    }

    private sealed class Reader(string file)
    {
        private ReadOnlyMemory<byte> _charsMap;
        private WhitespaceRules _rules = new(false, false, false, false, SpacePrefix.Never, true);
        private int _lastNormalizer;

        public SentencePieceVocabulary Read(JsonElement root)
        {
            if (root.ValueKind != JsonValueKind.Object || !TryGet(root, "model", JsonValueKind.Object, out JsonElement model))
            {
                throw Bad("is JSON without a \"model\", so it is not a tokenizer.json");
            }

            string type = String(model, "type") ?? (model.TryGetProperty("unk_id", out _) ? "Unigram" : "(none)");
            if (type != "Unigram")
            {
                throw Bad($"holds a tokenizer of the kind {type}; expected Unigram, which T5 has");
            }

            if (!TryGet(model, "vocab", JsonValueKind.Array, out JsonElement vocab))
            {
                throw Bad("has no list \"vocab\" in its model");
            }

            if (!TryGet(model, "unk_id", JsonValueKind.Number, out JsonElement unknown) || !unknown.TryGetInt32(out int unknownId))
            {
                throw Bad("has no \"unk_id\" in its model, so there is no token for unknown text");
            }

            int count = vocab.GetArrayLength();
            string[] pieces = new string[count];
            double[] scores = new double[count];
            int i = 0;
            foreach (JsonElement entry in vocab.EnumerateArray())
            {
                if (entry.ValueKind != JsonValueKind.Array
                    || entry.GetArrayLength() != 2
                    || entry[0].ValueKind != JsonValueKind.String
                    || entry[1].ValueKind != JsonValueKind.Number)
                {
                    throw Bad($"has {Short(entry)} at place {i} of its vocabulary; expected a pair of text and score");
                }

                scores[i] = ScoreRounding.Parse(Encoding.UTF8.GetBytes(entry[1].GetRawText()));
                pieces[i++] = Text(entry[0]);
            }

            ReadNormalizer(Element(root, "normalizer"));
            ReadPreTokenizer(Element(root, "pre_tokenizer"));
            return new SentencePieceVocabulary
            {
                Source = $"'{file}'",
                Pieces = pieces,
                Scores = scores,
                UnknownId = unknownId,
                ByteFallback = Flag(model, "byte_fallback", false),
                PrecompiledCharsMap = _charsMap,
                AddedTokens = ReadAddedTokens(root),
                Whitespace = _rules,
            };
        }

        private List<AddedToken> ReadAddedTokens(JsonElement root)
        {
            List<AddedToken> tokens = [];
            if (!TryGet(root, "added_tokens", JsonValueKind.Array, out JsonElement list))
            {
                return tokens;
            }

            foreach (JsonElement entry in list.EnumerateArray())
            {
                if (entry.ValueKind != JsonValueKind.Object
                    || String(entry, "content") is not { } content
                    || !TryGet(entry, "id", JsonValueKind.Number, out JsonElement number)
                    || !number.TryGetInt32(out int id))
                {
                    throw Bad($"has {Short(entry)} among its added tokens; expected an object with \"id\" and \"content\"");
                }

                bool special = Flag(entry, "special", false);
                tokens.Add(new AddedToken(content, id)
                {
                    SingleWord = Flag(entry, "single_word", false),
                    StripLeft = Flag(entry, "lstrip", false),
                    StripRight = Flag(entry, "rstrip", false),
                    Normalized = Flag(entry, "normalized", !special),
                    Special = special,
                });
            }

            return tokens;
        }

        private void ReadNormalizer(JsonElement? element)
        {
            if (element is not { ValueKind: JsonValueKind.Object } normalizer)
            {
                return;
            }

            string? type = String(normalizer, "type");
            if (type == "Sequence" && TryGet(normalizer, "normalizers", JsonValueKind.Array, out JsonElement steps))
            {
                foreach (JsonElement step in steps.EnumerateArray())
                {
                    ReadNormalizer(step);
                }

                return;
            }

            int place = type switch { "Precompiled" => 1, "Strip" => 2, "Replace" => 3, _ => 0 };
            if (place <= _lastNormalizer || !TryApply(normalizer, place))
            {
                throw Bad($"has the normalizer {Short(normalizer)}; T5 has Precompiled, then Strip, then Replace of two or more spaces, each at most once");
            }

            _lastNormalizer = place;
        }

        private bool TryApply(JsonElement normalizer, int place)
        {
            switch (place)
            {
                case 1:
                    if (String(normalizer, "precompiled_charsmap") is null
                        || !normalizer.GetProperty("precompiled_charsmap").TryGetBytesFromBase64(out byte[]? bytes))
                    {
                        throw Bad("has a normalizer whose precompiled_charsmap is not base64");
                    }

                    _charsMap = bytes;
                    return true;
                case 2:
                    _rules = _rules with { StripLeft = Flag(normalizer, "strip_left", true), StripRight = Flag(normalizer, "strip_right", true) };
                    return true;
                default:
                    _rules = _rules with { CollapseSpaces = true };
                    return TryGet(normalizer, "pattern", JsonValueKind.Object, out JsonElement pattern)
                        && String(pattern, "Regex") == " {2,}"
                        && String(normalizer, "content") is " " or "\u2581";
            }
        }

        private void ReadPreTokenizer(JsonElement? element)
        {
            JsonElement[] steps = element switch
            {
                { ValueKind: JsonValueKind.Object } one when String(one, "type") == "Sequence"
                    && TryGet(one, "pretokenizers", JsonValueKind.Array, out JsonElement list) => [.. list.EnumerateArray()],
                { ValueKind: JsonValueKind.Object } one => [one],
                _ => [],
            };
            bool splits = steps.Length == 2 && String(steps[0], "type") == "WhitespaceSplit";
            if (steps.Length == 0
                || steps.Length > (splits ? 2 : 1)
                || String(steps[^1], "type") != "Metaspace"
                || (String(steps[^1], "replacement") ?? "\u2581") != "\u2581")
            {
                throw Bad($"has the pre-tokenizer {(element is { } found ? Short(found) : "null")}; T5 has Metaspace, alone or after WhitespaceSplit");
            }

            JsonElement metaspace = steps[^1];
            string scheme = String(metaspace, "prepend_scheme") ?? (Flag(metaspace, "add_prefix_space", true) ? "always" : "never");
            _rules = _rules with
            {
                SplitOnWhitespace = splits,
                SplitWords = Flag(metaspace, "split", true),
                Prefix = scheme switch
                {
                    "first" => SpacePrefix.First,
                    "always" => SpacePrefix.Always,
                    "never" => SpacePrefix.Never,
                    _ => throw Bad($"has the prepend_scheme '{scheme}'; expected first, always or never"),
                },
            };
        }

        private static JsonElement? Element(JsonElement parent, string name) =>
            parent.TryGetProperty(name, out JsonElement value) ? value : null;

        private static bool TryGet(JsonElement parent, string name, JsonValueKind kind, out JsonElement value)
        {
            value = default;
            return parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out value) && value.ValueKind == kind;
        }

        private string? String(JsonElement parent, string name) =>
            TryGet(parent, name, JsonValueKind.String, out JsonElement value) ? Text(value) : null;

        private string Text(JsonElement element)
        {
            try
            {
                return element.GetString()!;
            }
            catch (InvalidOperationException)
            {
                throw Bad($"has the text {Short(element)}, which is not valid Unicode");
            }
        }

        private static bool Flag(JsonElement parent, string name, bool missing) =>
            parent.TryGetProperty(name, out JsonElement value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False
                ? value.GetBoolean()
                : missing;

        private static string Short(JsonElement element)
        {
            string raw = element.GetRawText();
            return raw.Length <= 60 ? raw : raw[..57] + "...";
        }

        private InvalidDataException Bad(string what) => new($"'{file}' {what}.");
    }
}
