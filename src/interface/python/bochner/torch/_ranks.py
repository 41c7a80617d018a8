# SPDX-License-Identifier: Apache-2.0
"""The ranks of a process group, and what they send each other."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch
import torch.distributed as dist

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

Message: TypeAlias = "tuple[Tensor, int]"
"""A tensor, and the rank that it goes to or comes from."""


class Ranks:
    """The ranks of a process group of the caller's, numbered as they are there.

    Parameters
    ----------
    function : str
        On whose behalf: messages begin with it.
    group : torch.distributed.ProcessGroup or None
        None for the default one.

    Raises
    ------
    TypeError
        When it is no process group.
    ValueError
        Where there is none, or this process is not in it.
    """

    def __init__(self, function: str, group: Any) -> None:
        self._function = function
        if not (dist.is_available() and dist.is_initialized()):
            raise ValueError(
                f"{function}: torch.distributed has no process group, expected "
                "torch.distributed.init_process_group before"
            )
        if group == dist.GroupMember.NON_GROUP_MEMBER:
            raise ValueError(f"{function}: this process is not a rank of group")
        if not isinstance(group, (dist.ProcessGroup, type(None))):
            raise TypeError(
                f"{function}: group is {type(group).__name__}, expected a ProcessGroup or None"
            )
        self._group = group
        self._numbers = dist.get_process_group_ranks(group)
        self.rank = dist.get_rank(group)
        self.size = dist.get_world_size(group)

    @contextlib.contextmanager
    def _reaching(self) -> Iterator[None]:
        """Whatever a backend says of ranks that are gone or late."""
        try:
            yield
        except RuntimeError as error:
            raise RuntimeError(
                f"{self._function}: rank {self.rank}: another rank cannot be reached: {error}"
            ) from error

    def allgather(self, sendobj: Any) -> list[Any]:
        """What each rank says, in their order."""
        found: list[Any] = [None] * self.size
        with self._reaching():
            dist.all_gather_object(found, sendobj, group=self._group)
        return found

    def exchange(self, sent: Sequence[Message], received: Sequence[Message]) -> None:
        """Send tensors and fill others; those without entries are left out on both sides."""
        operations = [
            dist.P2POp(way, tensor, self._numbers[rank], self._group)
            for way, messages in ((dist.isend, sent), (dist.irecv, received))
            for tensor, rank in messages
            if tensor.numel() > 0
        ]
        if not operations:
            return
        with self._reaching():
            for work in dist.batch_isend_irecv(operations):
                work.wait()

    def maximum(self, tensor: Tensor) -> None:
        """In place, the largest of all ranks."""
        self._reduce(tensor, dist.ReduceOp.MAX)

    def total(self, tensor: Tensor) -> None:
        """In place, the sum over all ranks."""
        self._reduce(tensor, dist.ReduceOp.SUM)

    def _reduce(self, tensor: Tensor, how: Any) -> None:
        if tensor.numel() > 0:
            with self._reaching():
                dist.all_reduce(tensor, how, group=self._group)

    def send_bytes(self, data: bytes, to: int) -> list[Any]:
        """What is to be waited for, by `sent`, keeps the bytes until then."""
        length = torch.tensor([len(data)])
        content = torch.from_numpy(np.frombuffer(data, np.uint8).copy())
        with self._reaching():
            return [
                (dist.isend(tensor, self._numbers[to], self._group), tensor)
                for tensor in (length, content)
                if tensor.numel() > 0
            ]

    def sent(self, pending: Sequence[Any]) -> None:
        """Wait for what was sent."""
        with self._reaching():
            for work, _ in pending:
                work.wait()

    def receive_bytes(self, source: int) -> bytes:
        """What `send_bytes` sent there."""
        length = torch.zeros(1, dtype=torch.int64)
        with self._reaching():
            dist.recv(length, self._numbers[source], self._group)
            content = torch.empty(int(length), dtype=torch.uint8)
            if content.numel() > 0:
                dist.recv(content, self._numbers[source], self._group)
        return content.numpy().tobytes()
