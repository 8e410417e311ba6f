"""Reading and writing safetensors files with nothing but PyTorch and the standard library.

The format is an 8-byte little-endian header length, a JSON header that maps each tensor name to its dtype, shape and
byte range, then the bytes, row-major and little-endian. Reading checks everything that the header claims, so a
damaged file gives a sentence that names the file and the tensor.
"""

import json
import struct
from pathlib import Path
from typing import Dict, Mapping, Optional, Tuple

import torch
from torch import Tensor

_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_FLOAT8 = ("F8_E4M3", "F8_E5M2")
_MAX_HEADER = 100 * 1024 * 1024


class SafetensorsError(ValueError):
    """A file that is not a usable safetensors file; the message names it."""


def load(path) -> Dict[str, Tensor]:
    """All tensors of a file, by name. Both 8-bit float types are widened to float32."""
    return load_with_metadata(path)[0]


def load_with_metadata(path) -> Tuple[Dict[str, Tensor], Dict[str, str]]:
    """All tensors of a file and its `__metadata__` (empty if there is none)."""
    data = Path(path).read_bytes()
    if len(data) < 8:
        raise SafetensorsError(f"{path}: too short for a safetensors file ({len(data)} bytes)")
    (length,) = struct.unpack_from("<Q", data)
    if length > min(_MAX_HEADER, len(data) - 8):
        raise SafetensorsError(f"{path}: its header claims {length} bytes, the file has {len(data) - 8} after the length")
    try:
        header = json.loads(data[8 : 8 + length])
    except ValueError as error:
        raise SafetensorsError(f"{path}: its header is not JSON ({error})") from None
    body = memoryview(data)[8 + length :]
    metadata = header.pop("__metadata__", {})
    return {name: _tensor(path, name, entry, body) for name, entry in header.items()}, metadata


def save(path, tensors: Mapping[str, Tensor], metadata: Optional[Mapping[str, str]] = None) -> None:
    """Writes tensors in the order given. The file appears under its name only when it is complete."""
    header: dict = {"__metadata__": dict(metadata)} if metadata else {}
    chunks = []
    offset = 0
    for name, tensor in tensors.items():
        tensor = tensor.detach().cpu().contiguous()
        if tensor.dtype not in _NAMES:
            raise SafetensorsError(f"{path}: tensor {name} has type {tensor.dtype}, which is not written here")
        raw = _bytes(tensor)
        header[name] = {
            "dtype": _NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(raw)],
        }
        chunks.append(raw)
        offset += len(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)

    path = Path(path)
    partial = path.with_name(path.name + ".part")
    with open(partial, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for raw in chunks:
            file.write(raw)
    partial.replace(path)


def _tensor(path, name: str, entry: dict, body: memoryview) -> Tensor:
    kind, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
    if kind not in _DTYPES and kind not in _FLOAT8:
        raise SafetensorsError(f"{path}: tensor {name} has the unknown type {kind}")
    size = 1 if kind in _FLOAT8 else torch.empty((), dtype=_DTYPES[kind]).element_size()
    count = 1
    for dimension in shape:
        count *= dimension
    if not 0 <= begin <= end <= len(body) or end - begin != count * size:
        raise SafetensorsError(
            f"{path}: tensor {name} of shape {shape} needs {count * size} bytes, "
            f"its range is {begin}..{end} of {len(body)}"
        )
    dtype = torch.uint8 if kind in _FLOAT8 else _DTYPES[kind]
    if count == 0:
        return torch.empty(shape, dtype=dtype)
    flat = torch.frombuffer(bytearray(body[begin:end]), dtype=dtype)
    if kind in _FLOAT8:
        flat = _float8_table(kind)[flat.long()]
    return flat.reshape(shape)


def _bytes(tensor: Tensor) -> bytes:
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.view(torch.int16)
    return tensor.numpy().tobytes()


def _float8_table(kind: str) -> Tensor:
    """The float32 value of each of the 256 codes (OCP 8-bit floating point: E4M3 has no infinities)."""
    mantissa_bits, bias = (3, 7) if kind == "F8_E4M3" else (2, 15)
    values = []
    for code in range(256):
        sign = -1.0 if code & 0x80 else 1.0
        exponent = (code & 0x7F) >> mantissa_bits
        mantissa = code & ((1 << mantissa_bits) - 1)
        fraction = mantissa / (1 << mantissa_bits)
        if kind == "F8_E4M3" and code & 0x7F == 0x7F:
            value = float("nan")
        elif kind == "F8_E5M2" and exponent == 31:
            value = float("nan") if mantissa else float("inf")
        elif exponent == 0:
            value = fraction * 2.0 ** (1 - bias)
        else:
            value = (1.0 + fraction) * 2.0 ** (exponent - bias)
        values.append(sign * value)
    return torch.tensor(values, dtype=torch.float32)
