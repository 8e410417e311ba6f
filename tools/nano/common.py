"""What the stages share: the reference modules on the path, the sizes of the three networks, checkpoints, logs, averages."""
from __future__ import annotations

import copy
import json
import os
import sys
import time
from pathlib import Path

import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "reference"))

from autoencoder import Autoencoder, AutoencoderConfig  # noqa: E402
from chroma import ChromaConfig  # noqa: E402
from t5 import T5Config  # noqa: E402

HERE = Path(__file__).resolve().parent
STATE = Path(os.environ.get("CHROMA_NANO_STATE", HERE / "state"))   # checkpoints, logs and pools: ignored by git
MODEL = HERE.parent.parent / "models" / "chroma-nano"

AUTOENCODER = AutoencoderConfig(ch=96, ch_mult=(1, 1, 1, 1), num_res_blocks=1)


def text_config(pieces: int) -> T5Config:
    return T5Config(vocab_size=pieces, d_model=128, d_kv=32, d_ff=256, num_layers=3, num_heads=4)


TRANSFORMER = ChromaConfig(
    context_in_dim=128, hidden_size=160, num_heads=5, depth=2, depth_single_blocks=4, axes_dim=(4, 14, 14),
    approximator_hidden_size=128, approximator_depth=3)
SHIFT = 3.0                                           # of the flow's time, in training and in sampling


class Average:
    """Exponential moving average of a module's weights; what is exported."""

    def __init__(self, model: nn.Module, decay: float):
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self.decay, self.steps = decay, 0

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for mine, theirs in zip(self.model.parameters(), model.parameters()):
            mine.lerp_(theirs, 1 - decay)


def save(path: Path, **content) -> None:
    """Writes a checkpoint so that a stop in between leaves the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save(content, partial)
    partial.replace(path)


class Log:
    """Prints and appends lines of JSON."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = path.open("a", buffering=1)
        self.start = time.time()

    def __call__(self, **values) -> None:
        values = {k: float(f"{v:.5g}") if isinstance(v, float) else v for k, v in values.items()}
        line = json.dumps({"seconds": round(time.time() - self.start), **values})
        print(line, flush=True)
        self.file.write(line + "\n")


def load_autoencoder() -> Autoencoder:
    """The averaged halves as far as they are trained, in evaluation mode; a half without a checkpoint is untrained."""
    model = Autoencoder(AUTOENCODER)
    for part in ("encoder", "decoder"):
        path = STATE / f"{part}.pt"
        if path.exists():
            getattr(model, part).load_state_dict(torch.load(path)["average"])
    return model.to(memory_format=torch.channels_last).eval().requires_grad_(False)


def to_tensor(pictures) -> Tensor:
    """uint8 pictures [B, H, W, 3] -> float32 [B, 3, H, W] in -1..1, channels last in memory."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div_(127.5).sub_(1)
