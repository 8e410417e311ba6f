"""Data-parallel training on the cores of one machine: one single-threaded process per core, gradients averaged in shared memory.

On a CPU this beats threads: threads meet after every operation, processes once per step, which also matters when other
programs use the cores.
"""
from __future__ import annotations

from typing import Callable, Sequence

import torch
import torch.multiprocessing as multiprocessing
from torch import Tensor


PATIENCE = 7200                                       # seconds to wait for the others before giving up, should one have died


class Team:
    """The processes of one run, as each of them sees it."""

    def __init__(self, rank: int, size: int, shared: Tensor, barrier):
        self.rank, self.size = rank, size
        self._shared, self._barrier = shared, barrier

    def average_gradients(self, parameters: Sequence[Tensor]) -> None:
        """Replaces every gradient by the mean over the processes; the same bits in each, so the weights never drift apart."""
        sums = self.sum([p.grad if p.grad is not None else torch.zeros_like(p) for p in parameters])
        for p, total in zip(parameters, sums):
            p.grad = total.div_(self.size)

    def sum(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """The sums over the processes of tensors of the same sizes in each."""
        if self.size == 1:
            return list(tensors)
        flat = torch.cat([t.reshape(-1) for t in tensors])
        self._shared[self.rank, :flat.numel()].copy_(flat)
        self._barrier.wait(PATIENCE)
        total = self._shared[:, :flat.numel()].sum(dim=0)
        self._barrier.wait(PATIENCE)
        return [part.view_as(t) for part, t in zip(total.split([t.numel() for t in tensors]), tensors)]


def _enter(rank: int, size: int, shared: Tensor, barrier, work: Callable, arguments) -> None:
    torch.set_num_threads(1)
    work(Team(rank, size, shared, barrier), arguments)


def run(work: Callable, arguments, processes: int, largest: int) -> None:
    """Calls work(team, arguments) in each process; `largest` bounds the number of trained parameters."""
    shared = torch.zeros(processes, largest).share_memory_()
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(processes)
    if processes == 1:
        _enter(0, 1, shared, barrier, work, arguments)
        return
    team = [context.Process(target=_enter, args=(rank, processes, shared, barrier, work, arguments), daemon=True)
            for rank in range(1, processes)]
    for member in team:
        member.start()
    _enter(0, processes, shared, barrier, work, arguments)
    for member in team:
        member.join()
