"""The latent code of chroma-nano's autoencoder: what the encoder is taught to give and the decoder to read.

A learned latent space costs hours on two cores before it is good enough to train a transformer on. This one is known
beforehand: of each 8x8 block of the picture, as in JPEG, the 16 lowest coefficients of the cosine transform, eight of
the grey channel and four of each of the two colour channels, scaled so that each has a useful share of the
noise's variance. Flat shapes lose little by it, since a network sees from neighbouring blocks where an outline runs, and latents of
true pictures are exact and cost nothing. Encoder and decoder are trained separately, both against this code.
"""
from __future__ import annotations

import numpy as np

BLOCK, CHANNELS = 8, 16
_COLOURS = np.array([np.array([1, 1, 1]) / 3**0.5, np.array([1, 0, -1]) / 2**0.5, np.array([1, -2, 1]) / 6**0.5], np.float32)
#: (colour channel, vertical frequency, horizontal frequency, gain) of each latent channel.
COEFFICIENTS = (
    (0, 0, 0, 1.3), (1, 0, 0, 1.35), (2, 0, 0, 2.0),
    (0, 0, 1, 4.5), (0, 1, 0, 4.5), (0, 1, 1, 7.0), (0, 0, 2, 7.0), (0, 2, 0, 7.0), (0, 1, 2, 10.0), (0, 2, 1, 10.0),
    (1, 0, 1, 5.0), (1, 1, 0, 5.0), (1, 1, 1, 8.0), (2, 0, 1, 7.5), (2, 1, 0, 7.5), (2, 1, 1, 12.0),
)


def _cosines() -> np.ndarray:
    """Orthonormal cosine transform, [frequency, pixel]."""
    k = np.arange(BLOCK)
    rows = np.cos(np.pi * (k + 0.5)[None] * k[:, None] / BLOCK) * (2 / BLOCK) ** 0.5
    rows[0] *= 0.5**0.5
    return rows


def _basis() -> np.ndarray:
    """float32 [192, 16]: a flattened block [8, 8, 3] in -1..1 times this is the code."""
    rows = _cosines()
    columns = [gain / BLOCK * np.einsum("y,x,c->yxc", rows[v], rows[h], _COLOURS[colour]).reshape(-1)
               for colour, v, h, gain in COEFFICIENTS]
    return np.stack(columns, 1).astype(np.float32)


BASIS = _basis()


def code(pictures: np.ndarray) -> np.ndarray:
    """uint8 [B, H, W, 3] -> float32 [B, 16, H/8, W/8], as the transformer sees it (scaled and shifted already)."""
    batch, height, width, _ = pictures.shape
    blocks = pictures.astype(np.float32) / 127.5 - 1
    blocks = blocks.reshape(batch, height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3).transpose(0, 1, 3, 2, 4, 5)
    flat = blocks.reshape(batch, height // BLOCK, width // BLOCK, BLOCK * BLOCK * 3)
    return np.ascontiguousarray((flat @ BASIS).transpose(0, 3, 1, 2))
