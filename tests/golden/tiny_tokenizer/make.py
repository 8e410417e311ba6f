"""Trains the tiny T5-like vocabulary of the tokenizer tests and writes it in three forms.

usage: python3 make.py     (needs the Python modules sentencepiece and protobuf; writes beside itself)

spiece.model     as sentencepiece trains it: 400 Unigram pieces, byte fallback, <pad> </s> <unk> = 0 1 2, no <s>
tokenizer.json   the same in the form that Hugging Face's converter gives T5
vocabulary.gguf  the same as GGUF metadata under the keys that llama.cpp writes for T5; no tensors
sentencepiece.jsonl  the ids that sentencepiece itself gives for the prompts of prompts.json (with </s> appended)
"""
import base64, io, json, os, struct, tempfile, unicodedata
import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2 as pb

HERE = os.path.dirname(os.path.abspath(__file__))
SUBJECTS = "a cat|a red fox|an old lighthouse|two children|a wooden bridge|a small robot|the harbour|a violin player|wild horses|a glass teapot".split("|")
ACTIONS = "sleeping on a chair|walking through deep snow|standing in the rain|under a starry sky|at the edge of a forest|beside a quiet lake|in a crowded market|looking at the viewer".split("|")
STYLES = "oil painting|watercolour sketch|cinematic photograph, 35mm|pixel art|soft morning light|dramatic shadows|highly detailed|muted colours, flat design".split("|")


def rules():
    """A few normalization rules of each kind that T5's NFKC table has; code points in hexadecimal."""
    pairs = {c: unicodedata.normalize("NFKC", c) for c in "ﬁﬂﬀ™…½²³①㎏Å㍿﷽"}
    pairs.update({chr(c): chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F)})
    pairs.update({c: " " for c in "\t\n\r\u00a0\u2003\u3000\u200b\u2028\u0085"})
    pairs.update({chr(c): "" for c in (*range(1, 9), 11, 12, 0x1B, 0x7F)})
    for base in "aeiouAEIOU":
        for mark in "\u0300\u0301\u0302\u0308":
            pairs[base + mark] = unicodedata.normalize("NFC", base + mark)
    hexa = lambda text: " ".join("%X" % ord(c) for c in text)
    return "".join("%s\t%s\n" % (hexa(a), hexa(b)) for a, b in sorted(pairs.items()))


def train():
    corpus = [f"{s} {a}, {t}, no. {i * 37 % 101}!" for i, (s, a, t) in enumerate((s, a, t) for s in SUBJECTS for a in ACTIONS for t in STYLES)]
    model = io.BytesIO()
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as tsv:
        tsv.write(rules())
        tsv.flush()
        spm.SentencePieceTrainer.train(
            sentence_iterator=iter(corpus), model_writer=model, vocab_size=400, model_type="unigram", byte_fallback=True, hard_vocab_limit=False,
            character_coverage=1.0, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, normalization_rule_tsv=tsv.name, num_threads=1)
    return model.getvalue()


def write_json(proto):
    special = lambda i: {"id": i, "content": proto.pieces[i].piece, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    charsmap = base64.b64encode(proto.normalizer_spec.precompiled_charsmap).decode()
    metaspace = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "first", "split": True}
    out = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [special(i) for i in range(3)],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Precompiled", "precompiled_charsmap": charsmap},
            {"type": "Strip", "strip_left": False, "strip_right": True},
            {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "\u2581"}]},
        "pre_tokenizer": metaspace,
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
            "special_tokens": {"</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}}},
        "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": 2, "vocab": [[p.piece, p.score] for p in proto.pieces], "byte_fallback": True},
    }
    with open(os.path.join(HERE, "tokenizer.json"), "w") as f:
        json.dump(out, f, ensure_ascii=False, separators=(",", ":"))
        f.write("\n")


def write_gguf(proto):
    text = lambda s: struct.pack("<Q", len(s.encode())) + s.encode()
    u8, i32, u32, f32, boolean, string, array = 0, 5, 4, 6, 7, 8, 9
    kinds = {i32: "<i", u32: "<I", f32: "<f", boolean: "<?"}
    pairs = [
        ("general.architecture", string, "t5"),
        ("tokenizer.ggml.model", string, "t5"),
        ("tokenizer.ggml.pre", string, "default"),
        ("tokenizer.ggml.tokens", (array, string), [p.piece for p in proto.pieces]),
        ("tokenizer.ggml.scores", (array, f32), [p.score for p in proto.pieces]),
        ("tokenizer.ggml.token_type", (array, i32), [p.type for p in proto.pieces]),
        ("tokenizer.ggml.add_space_prefix", boolean, proto.normalizer_spec.add_dummy_prefix),
        ("tokenizer.ggml.remove_extra_whitespaces", boolean, proto.normalizer_spec.remove_extra_whitespaces),
        ("tokenizer.ggml.precompiled_charsmap", (array, u8), proto.normalizer_spec.precompiled_charsmap),
        ("tokenizer.ggml.eos_token_id", u32, 1), ("tokenizer.ggml.unknown_token_id", u32, 2), ("tokenizer.ggml.padding_token_id", u32, 0),
    ]
    with open(os.path.join(HERE, "vocabulary.gguf"), "wb") as f:
        f.write(b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs)))
        for key, kind, value in pairs:
            f.write(text(key))
            if isinstance(kind, tuple):
                f.write(struct.pack("<IIQ", kind[0], kind[1], len(value)))
                f.write(bytes(value) if kind[1] == u8 else b"".join(text(v) if kind[1] == string else struct.pack(kinds[kind[1]], v) for v in value))
            else:
                f.write(struct.pack("<I", kind) + (text(value) if kind == string else struct.pack(kinds[kind], value)))


def main():
    proto = pb.ModelProto()
    proto.ParseFromString(train())
    proto.normalizer_spec.ClearField("normalization_rule_tsv")  # the name of a temporary file
    model = proto.SerializeToString()
    with open(os.path.join(HERE, "spiece.model"), "wb") as f:
        f.write(model)
    write_json(proto)
    write_gguf(proto)
    processor = spm.SentencePieceProcessor(model_proto=model)
    with open(os.path.join(HERE, "prompts.json")) as f:
        prompts = json.load(f)
    with open(os.path.join(HERE, "sentencepiece.jsonl"), "w") as f:
        for prompt in prompts:
            f.write(json.dumps({"text": prompt, "ids": processor.encode(prompt) + [1]}) + "\n")


main()
