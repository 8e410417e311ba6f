"""Writing and reading GGUF version 3 files, as far as chroma-nano needs it: metadata, F32, F16 and Q8_0 tensors.

Layout: "GGUF", version, tensor count, metadata count; the metadata; one entry per tensor (name, sizes with the fastest running
first, type, offset); then the tensors, each at a multiple of 32 bytes. Everything is little-endian.
"""
from __future__ import annotations

import struct
from pathlib import Path
from typing import Mapping

import numpy as np

ALIGNMENT = 32
F32, F16, Q8_0 = 0, 1, 8
_UINT32, _INT32, _FLOAT32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


def _text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


def _value(value) -> bytes:
    """Type tag and value. Python ints become uint32, or int32 where negative; bytes become an array of uint8."""
    if isinstance(value, bool):
        return struct.pack("<I?", _BOOL, value)
    if isinstance(value, int):
        return struct.pack("<Ii", _INT32, value) if value < 0 else struct.pack("<II", _UINT32, value)
    if isinstance(value, float):
        return struct.pack("<If", _FLOAT32, value)
    if isinstance(value, str):
        return struct.pack("<I", _STRING) + _text(value)
    if isinstance(value, bytes):
        return struct.pack("<IIQ", _ARRAY, 0, len(value)) + value
    if isinstance(value[0], str):
        return struct.pack("<IIQ", _ARRAY, _STRING, len(value)) + b"".join(map(_text, value))
    kind, code = (_FLOAT32, "f") if isinstance(value[0], float) else (_INT32, "i")
    return struct.pack("<IIQ", _ARRAY, kind, len(value)) + struct.pack(f"<{len(value)}{code}", *value)


def quantise_q8_0(values: np.ndarray) -> bytes:
    """Blocks of 32 values along the last axis: an F16 scale, then 32 signed bytes."""
    blocks = values.astype(np.float32).reshape(-1, 32)
    scale = np.abs(blocks).max(axis=1, keepdims=True) / 127
    inverse = np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0)
    quants = np.round(blocks * inverse).astype(np.int8)
    return np.concatenate([scale.astype(np.float16).view(np.int8).reshape(-1, 2), quants], axis=1).tobytes()


def _encode(values: np.ndarray, kind: int) -> bytes:
    if kind == Q8_0:
        return quantise_q8_0(values)
    return np.ascontiguousarray(values, np.float32 if kind == F32 else np.float16).tobytes()


def write(path: Path, metadata: Mapping[str, object], tensors: Mapping[str, tuple[np.ndarray, int]]) -> None:
    """tensors: name -> (array in PyTorch's order of sizes, type). The file appears under its name only when it is complete."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    head += b"".join(_text(key) + _value(value) for key, value in metadata.items())
    body, offset = [], 0
    for name, (values, kind) in tensors.items():
        data = _encode(values, kind)
        sizes = values.shape[::-1]
        head += _text(name) + struct.pack(f"<I{len(sizes)}QIQ", len(sizes), *sizes, kind, offset)
        body.append(data + bytes(-len(data) % ALIGNMENT))
        offset += len(body[-1])
    partial = path.with_suffix(".partial")
    partial.write_bytes(head + bytes(-len(head) % ALIGNMENT) + b"".join(body))
    partial.replace(path)


class _Cursor:
    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def take(self, code: str):
        value, = struct.unpack_from("<" + code, self.data, self.at)
        self.at += struct.calcsize("<" + code)
        return value

    def text(self) -> str:
        length = self.take("Q")
        self.at += length
        return self.data[self.at - length:self.at].decode()

    def value(self, kind: int):
        if kind == _STRING:
            return self.text()
        if kind == _ARRAY:
            inner, count = self.take("I"), self.take("Q")
            if inner == 0:
                self.at += count
                return self.data[self.at - count:self.at]
            return [self.value(inner) for _ in range(count)]
        return self.take(_SCALARS[kind])


def read(path: Path) -> tuple[dict[str, object], dict[str, np.ndarray]]:
    """Metadata and float32 tensors of a file that `write` made."""
    cursor = _Cursor(path.read_bytes())
    if cursor.data[:4] != b"GGUF":
        raise ValueError(f"{path}: not a GGUF file")
    cursor.at = 4
    _, tensors, count = cursor.take("I"), cursor.take("Q"), cursor.take("Q")
    metadata = {}
    for _ in range(count):
        key = cursor.text()
        metadata[key] = cursor.value(cursor.take("I"))
    entries = []
    for _ in range(tensors):
        name = cursor.text()
        sizes = [cursor.take("Q") for _ in range(cursor.take("I"))]
        entries.append((name, sizes[::-1], cursor.take("I"), cursor.take("Q")))
    start = cursor.at + -cursor.at % ALIGNMENT
    out = {}
    for name, shape, kind, offset in entries:
        elements, at = int(np.prod(shape)), start + offset
        if kind == Q8_0:
            blocks = np.frombuffer(cursor.data, np.int8, elements // 32 * 34, at).reshape(-1, 34)
            values = blocks[:, 2:].astype(np.float32) * blocks[:, :2].copy().view(np.float16).astype(np.float32)
        else:
            values = np.frombuffer(cursor.data, np.float32 if kind == F32 else np.float16, elements, at).astype(np.float32)
        out[name] = values.reshape(shape)
    return metadata, out
