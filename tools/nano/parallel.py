"""Data-parallel training on the cores of one machine: one single-threaded process per core, gradients averaged in shared memory.

On a CPU this beats threads: threads meet after every operation, processes once per step, which also matters when other
programs use the cores.
"""
from __future__ import annotations

from typing import Callable, Sequence

import torch
import torch.multiprocessing as multiprocessing
from torch import Tensor


class Team:
    """The processes of one run, as each of them sees it."""

    def __init__(self, rank: int, size: int, gradients: Tensor, barrier):
        self.rank, self.size = rank, size
        self._gradients, self._barrier = gradients, barrier

    def average_gradients(self, parameters: Sequence[Tensor]) -> None:
        """Replaces every gradient by the mean over the processes; the same bits in each, so the weights never drift apart."""
        if self.size == 1:
            return
        flat = torch.cat([p.grad.reshape(-1) if p.grad is not None else torch.zeros(p.numel()) for p in parameters])
        self._gradients[self.rank, :flat.numel()].copy_(flat)
        self._barrier.wait()
        mean = self._gradients[:, :flat.numel()].mean(dim=0)
        self._barrier.wait()
        for p, part in zip(parameters, mean.split([p.numel() for p in parameters])):
            p.grad = part.view_as(p)


def _enter(rank: int, size: int, gradients: Tensor, barrier, work: Callable, arguments) -> None:
    torch.set_num_threads(1)
    work(Team(rank, size, gradients, barrier), arguments)


def run(work: Callable, arguments, processes: int, largest: int) -> None:
    """Calls work(team, arguments) in each process; `largest` bounds the number of trained parameters."""
    gradients = torch.zeros(processes, largest).share_memory_()
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes)
    if processes == 1:
        _enter(0, 1, gradients, barrier, work, arguments)
        return
    team = [context.Process(target=_enter, args=(rank, processes, gradients, barrier, work, arguments), daemon=True)
            for rank in range(1, processes)]
    for member in team:
        member.start()
    _enter(0, processes, gradients, barrier, work, arguments)
    for member in team:
        member.join()
