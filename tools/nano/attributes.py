"""What a caption means, as classes, and small heads that read it from the text encoder's output.

Asking the text encoder directly "what stands on the left, what colour is the top half" teaches it in a minute to bind colours and
places to shapes; through the flow's loss alone that takes hours. The questions are put place by place, as a picture
needs the answers. The heads are thrown away at export.
"""
from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import world

PLACES = tuple(world.PLACES)
_SIZES = tuple(world.SIZES)
_HALVES = 4                                            # left, right, top, bottom: the background's colour there
#: Number of classes of each question: shape, colour, size at each place (0 = nothing there), then the background.
CLASSES = (len(world.SHAPES) + 1, len(world.COLOURS) + 1, len(_SIZES) + 1) * len(PLACES) + (
    len(world.COLOURS),) * _HALVES + (len(world.BACKGROUNDS),)


def labels(scene: world.Scene) -> np.ndarray:
    """int64 [questions]."""
    out = np.zeros(len(CLASSES), np.int64)
    for shape in scene.shapes:
        at = 3 * PLACES.index(shape.place)
        out[at:at + 3] = (1 + world.SHAPES.index(shape.kind), 1 + world.COLOUR_NAMES.index(shape.colour), 1 + _SIZES.index(shape.size))
    first, last = (world.COLOUR_NAMES.index(c) for c in (scene.colours[0], scene.colours[-1]))
    out[-5:] = (first, last, first, last, world.BACKGROUNDS.index(scene.background))
    if scene.background == "side by side":
        out[-3:-1] = -100                              # the top half has two colours: no question
    elif scene.background == "stacked":
        out[-5:-3] = -100
    return out


class Heads(nn.Module):
    """One attention query per question over the text tokens, then a classifier each."""

    def __init__(self, width: int):
        super().__init__()
        self.query = nn.Parameter(torch.randn(len(CLASSES), width) * width**-0.5)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.weight = nn.Parameter(torch.randn(len(CLASSES), width, max(CLASSES)) * width**-0.5)
        allowed = torch.arange(max(CLASSES))[None] < torch.tensor(CLASSES)[:, None]
        self.register_buffer("bias", torch.where(allowed, 0.0, -1e4))

    def forward(self, context: Tensor, real: Tensor) -> Tensor:
        """context [B, T, width], real [B, T] bool -> logits [B, questions, classes]."""
        scores = torch.einsum("qw,btw->bqt", self.query, self.key(context)).masked_fill(~real[:, None], -1e4)
        read = torch.softmax(scores, dim=-1) @ self.value(context)
        return torch.einsum("bqw,qwc->bqc", read, self.weight) + self.bias

    def loss(self, context: Tensor, real: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
        """Cross entropy summed over the questions, and the part of the captions of which everything was understood."""
        logits = self(context, real)
        total = F.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=-100, reduction="sum") / len(wanted)
        right = ((logits.argmax(-1) == wanted) | (wanted == -100)).all(dim=1).float().mean()
        return total, right
