"""Layer taps: the outputs of a model's modules during one run, under the names that the engine's taps have.

A name is that of the module in `named_modules()`. A module with several outputs has one name per output: a double block
gives `double_blocks.N.img` and `double_blocks.N.txt`. Modules that only pass a tuple on (QKNorm) are left out; what is in
them has hooks of its own.
"""

import re
from fnmatch import fnmatchcase
from typing import Callable, Dict, List, Optional, Sequence

import torch
from torch import Tensor, nn

Taps = Dict[str, Tensor]

_DOUBLE_BLOCK = re.compile(r"(.*\.)?double_blocks\.\d+")
_SINGLE_BLOCK = re.compile(r"(.*\.)?single_blocks\.\d+(\..*)?")
_TEXT_SIDE = re.compile(r"(.*\.)?txt(_.*)?")


class TapRecorder:
    """Hooks every module while it is open; `taps` holds what they gave, in the order in which they ran.

    `rename` turns a module's own name into the tap's. `image_first` says in which order a double block gives its pair.
    """

    def __init__(self, model: nn.Module, rename: Callable[[str], str] = lambda name: name, image_first: bool = True):
        self.taps: Taps = {}
        self._image_first = image_first
        self._handles = []
        for name, module in model.named_modules():
            if name:
                self._handles.append(module.register_forward_hook(self._hook(rename(name))))

    def __enter__(self) -> "TapRecorder":
        return self

    def __exit__(self, *_) -> None:
        for handle in self._handles:
            handle.remove()

    def _hook(self, name: str):
        def keep(_module, _inputs, output) -> None:
            if isinstance(output, Tensor):
                self._record(name, output)
            elif isinstance(output, (tuple, list)) and output:
                self._record_tuple(name, output)

        return keep

    def _record_tuple(self, name: str, output: Sequence) -> None:
        if _DOUBLE_BLOCK.fullmatch(name) and len(output) == 2:
            img, txt = output if self._image_first else reversed(output)
            self._record(f"{name}.img", img)
            self._record(f"{name}.txt", txt)
        elif _SINGLE_BLOCK.fullmatch(name) and name.count(".") == 1 and len(output) == 2:
            img, txt = output if self._image_first else reversed(output)
            self._record(name, torch.cat([txt, img], dim=1))
        elif not name.endswith("norm") and isinstance(output[0], Tensor):
            # Hugging Face's blocks give (hidden states, position bias, ...)
            self._record(name, output[0])

    def _record(self, name: str, output: Tensor) -> None:
        self.taps[name] = output.detach().float().cpu().clone()


def select(taps: Taps, globs: Optional[List[str]]) -> Taps:
    """The taps whose name fits one of the globs; all of them if there is none."""
    if not globs:
        return taps
    return {name: tensor for name, tensor in taps.items() if any(fnmatchcase(name, glob) for glob in globs)}


def _token_axis(name: str, tensor: Tensor) -> Optional[int]:
    """The axis over text (or text and image) tokens, None for outputs that have none."""
    text = any(_TEXT_SIDE.fullmatch(part) for part in name.split("."))
    if not text and not _SINGLE_BLOCK.fullmatch(name):
        return None
    return {3: 1, 4: 2}.get(tensor.dim())


def blank_dropped(taps: Taps, keep: Tensor) -> Taps:
    """Zeros in the rows of text tokens that `keep` [T] drops: nothing depends on them, and the engine has no values there."""
    dropped = torch.nonzero(~keep.bool()).flatten()
    result = {}
    for name, tensor in taps.items():
        axis = _token_axis(name, tensor)
        result[name] = tensor if axis is None else tensor.index_fill(axis, dropped, 0.0)
    return result


def insert_dropped(taps: Taps, keep: Tensor) -> Taps:
    """Of a run on kept text tokens only: puts rows of zeros where the tokens that `keep` [T] drops would be."""
    tokens, kept = keep.shape[0], int(keep.sum())
    text_rows = torch.nonzero(keep.bool()).flatten()
    result = {}
    for name, tensor in taps.items():
        axis = _token_axis(name, tensor)
        if axis is None:
            result[name] = tensor
            continue
        image = tensor.shape[axis] - kept
        shape = list(tensor.shape)
        shape[axis] = tokens + image
        rows = torch.cat([text_rows, torch.arange(tokens, tokens + image)])
        result[name] = torch.zeros(shape).index_copy(axis, rows, tensor)
    return result


def join_samples(samples: List[Taps]) -> Taps:
    """One set of taps from runs of one sample each; taps whose shapes differ between samples are left out."""
    joined = {}
    for name, first in samples[0].items():
        parts = [sample[name] for sample in samples]
        if all(part.dim() == first.dim() and part.shape[1:] == first.shape[1:] for part in parts):
            joined[name] = torch.cat(parts)
    return joined
