"""The Muon optimizer (Keller Jordan, 2024) for the matrices inside the transformer's blocks; everything else stays with AdamW.

The momentum of each matrix is replaced by the nearest matrix with equal singular values, found by five Newton-Schulz steps,
so that every direction is learned at the same pace. On this model that saves more steps than it costs time.
"""
from __future__ import annotations

from typing import Sequence

import torch
from torch import Tensor

from parallel import Team


def orthogonalise(matrix: Tensor, steps: int = 5) -> Tensor:
    """About U V^T of a matrix U S V^T; the coefficients are Jordan's, tuned for speed rather than for exact ones."""
    a, b, c = 3.4445, -4.7750, 2.0315
    wide = matrix.shape[0] <= matrix.shape[1]
    x = (matrix if wide else matrix.T).bfloat16()
    x = x / (x.float().norm().bfloat16() + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x if wide else x.T).float()


REFRESH = 2                                           # steps between two orthogonalisations of a matrix; its momentum turns slowly


class Muon:
    def __init__(self, matrices: Sequence[Tensor], team: Team, rate: float, momentum: float = 0.95, decay: float = 0.01):
        self.matrices, self.team = list(matrices), team
        self.rate, self.momentum, self.decay = rate, momentum, decay
        self.buffers = [torch.zeros_like(m) for m in self.matrices]
        self.updates: list[Tensor | None] = [None] * len(self.matrices)
        self.steps = 0

    @torch.no_grad()
    def step(self) -> None:
        """Each process of the team works out a share of the updates; all apply all of them, old ones where it is not their turn."""
        fresh = [i for i, known in enumerate(self.updates) if known is None or (i + self.steps) % REFRESH == 0]
        self.steps += 1
        for matrix, buffer in zip(self.matrices, self.buffers):
            buffer.mul_(self.momentum).add_(matrix.grad)
        shares = []
        for turn, i in enumerate(fresh):
            matrix, buffer = self.matrices[i], self.buffers[i]
            if turn % self.team.size == self.team.rank:
                update = orthogonalise(matrix.grad + self.momentum * buffer)
                shares.append(update * max(1.0, matrix.shape[0] / matrix.shape[1]) ** 0.5)
            else:
                shares.append(torch.zeros_like(matrix))
        for i, update in zip(fresh, self.team.sum(shares)):
            self.updates[i] = update
        for matrix, update in zip(self.matrices, self.updates):
            matrix.mul_(1 - self.rate * self.decay).sub_(self.rate * update)

    def state_dict(self) -> dict:
        return {"buffers": self.buffers}

    def load_state_dict(self, state: dict) -> None:
        for mine, theirs in zip(self.buffers, state["buffers"]):
            mine.copy_(theirs)
