"""SentencePiece's model file, read and written without protobuf: pieces, scores, types and the character map.

Only what the tokenizer metadata of a T5 GGUF carries is kept, so a model goes into a GGUF file and comes back whole.
"""
from __future__ import annotations

import struct
from dataclasses import dataclass

NORMAL, UNKNOWN, CONTROL = 1, 2, 3


@dataclass
class SentencePieceModel:
    pieces: list[str]
    scores: list[float]
    types: list[int]
    characters: bytes                    # precompiled_charsmap: the compiled normalisation (NFKC)


def _fields(data: bytes):
    """(field number, value) of one protobuf message; value is an int, 4 or 8 bytes, or the bytes of a nested field."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        kind = key & 7
        if kind == 0:
            yield key >> 3, varint()
        else:
            length = {1: 8, 5: 4}.get(kind)
            length = varint() if length is None else length
            yield key >> 3, data[at:at + length]
            at += length


def parse(data: bytes) -> SentencePieceModel:
    model = SentencePieceModel([], [], [], b"")
    for number, value in _fields(data):
        if number == 1:
            entry = dict(_fields(value))
            model.pieces.append(entry[1].decode())
            model.scores.append(struct.unpack("<f", entry[2])[0] if 2 in entry else 0.0)
            model.types.append(entry.get(3, NORMAL))
        elif number == 3:
            model.characters = dict(_fields(value)).get(2, b"")
    return model


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def build(model: SentencePieceModel) -> bytes:
    """A Unigram model file with T5's special ids (padding 0, end 1, unknown 2, no start)."""
    out = bytearray()
    for piece, score, kind in zip(model.pieces, model.scores, model.types):
        entry = _bytes(1, piece.encode()) + _varint(2 << 3 | 5) + struct.pack("<f", score)
        out += _bytes(1, entry + (_number(3, kind) if kind != NORMAL else b""))
    trainer = _number(3, 1) + _number(4, len(model.pieces)) + _number(40, 2) + _number(41, -1) + _number(42, 1) + _number(43, 0)
    trainer += _bytes(45, b"<unk>") + _bytes(47, b"</s>") + _bytes(48, b"<pad>")
    out += _bytes(2, trainer)
    out += _bytes(3, _bytes(1, b"nmt_nfkc") + _bytes(2, model.characters) + _number(3, 1) + _number(4, 1) + _number(5, 1))
    return bytes(out)
