"""Trains chroma-nano's tokenizer: SentencePiece Unigram on captions of the world and a list of everyday words.

    /usr/bin/python3 tools/nano/vocabulary.py --output state/tokenizer.model

It follows T5's conventions (padding 0, end 1, unknown 2, no start token, NFKC, one leading space mark), because every reader of
T5 vocabularies knows them. There is no byte fallback: T5 has none, and all letters, digits and punctuation of ASCII are pieces
of their own, so that only characters of other scripts become the unknown piece.
"""
from __future__ import annotations

import argparse
import io
from pathlib import Path

import numpy as np
import sentencepiece

import world

PIECES = 640
CAPTIONS = 40_000

#: Words that a prompt may bring along although no caption has them; they give the vocabulary its common word parts.
EVERYDAY = """
about across after again against all alone along also always and animal another any apple around art at away back bad ball bank
beautiful because bed before behind below beside best better between bicycle big bird blank boat book border both bottle box boy bread
bridge bright brown building but by cake camera can candle car castle cat centered chair child church city clean clear clock close cloud cloudy
coast coffee cold colour coloured colourful color colored contrast corner could country cover crimson crown cup dark day deep desert design
desk detailed dog door down drawn dress dusk each early earth edge eight empty evening every eye face fall family far fast field filled film fire first
fish five flag flat flower fog forest four fox fresh friend from front fruit full game garden geometric girl glass gold golden good grass gray
great grey ground group hair half hand happy hat have head heart heavy high hill home horizon horse hot house ice icon in inside into island
its just kind king lake lamp landscape last leaf leaves left letter level light lime line lion little logo long look lot love low magenta
man many map maroon metal middle minimal minimalist modern moon more morning most mountain mouse much music navy near neon new next night nine no noise not number
object ocean of off old olive on one only open other out outside over page paint painted painting pair paper park part past pattern people person
photo photograph piece place plain plant plate point portrait poster quiet rain rainbow real realistic rectangle river road rock roof room round
rose row sand scene sea second seen set seven shadow shape shaped sharp ship shirt shop short show side sign silver simple single six sketch sky
slightly smooth snow soft some space sphere spring standing star station stone storm street style summer sun sunny sunset surface table tall
teal ten than that the their them then there these they thin thing this three through tile time to together town train travel tree turquoise two
under up upon vector very view violet wall warm was watch water wave we wheel where which while wide wild will wind window winter wine with without
woman wood wooden word world year you young zero
""".split()


def sentences(seed: int):
    """Captions first, then the everyday words in random short runs, then every printable ASCII character."""
    rng = np.random.default_rng(seed)
    for _ in range(CAPTIONS):
        yield world.caption(world.sample_scene(rng, world.LANGUAGE), rng)
    for _ in range(CAPTIONS // 8):
        words = [EVERYDAY[i] for i in rng.integers(len(EVERYDAY), size=6)]
        words[0] = words[0].capitalize() if rng.random() < 0.3 else words[0]
        yield " ".join(words)
    printable = "".join(chr(c) for c in range(33, 127))
    for _ in range(50):
        yield " ".join(printable[i] for i in rng.permutation(len(printable)))


def train(seed: int = 0) -> bytes:
    """A serialized SentencePiece model."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=sentences(seed), model_writer=model, model_type="unigram", vocab_size=PIECES, character_coverage=1.0,
        pad_id=0, eos_id=1, unk_id=2, bos_id=-1, pad_piece="<pad>", eos_piece="</s>", unk_piece="<unk>",
        normalization_rule_name="nmt_nfkc", add_dummy_prefix=True, remove_extra_whitespaces=True, num_threads=1, minloglevel=2)
    return model.getvalue()


class Tokenizer:
    """Ids as T5 has them: the pieces, then the end token 1; padding is 0."""

    def __init__(self, path: str | Path):
        self._processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
        self.count = self._processor.vocab_size()

    def __call__(self, text: str) -> list[int]:
        return self._processor.encode(text) + [1]

    def batch(self, texts: list[str], length: int | None = None) -> np.ndarray:
        """int64 [count, length]: padded to the longest text plus one, or to `length`."""
        rows = [self(text) for text in texts]
        length = length or max(map(len, rows)) + 1
        ids = np.zeros((len(rows), length), np.int64)
        for out, row in zip(ids, rows):
            out[:len(row)] = row[:length]
        return ids


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="train chroma-nano's tokenizer")
    parser.add_argument("--output", type=Path, default=Path("tools/nano/state/tokenizer.model"))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_bytes(train(options.seed))
    tokenizer = Tokenizer(options.output)
    print(f"{tokenizer.count} pieces in {options.output}")
