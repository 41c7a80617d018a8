# SPDX-License-Identifier: Apache-2.0
"""States of all ranks, merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from bochner._agreement import agreed, together
from bochner._normal_equations import NormalEquations
from bochner.mpi._duplicate import duplicate
from bochner.mpi._packed import Packed, is_additive, without_pending
from bochner.mpi._pieces import broadcast, partners, receive, receive_sum, send

if TYPE_CHECKING:
    from typing_extensions import Self


class Travelling(Protocol):
    """What can be sent and merged."""

    def to_bytes(self) -> bytes:
        """Everything."""
        ...

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The inverse."""
        ...

    def copy(self) -> Self:
        """One of its own."""
        ...

    def merge(self, other: Any, /) -> Self:
        """Take in what the other has seen; returns this."""
        ...


S = TypeVar("S", bound=Travelling)


def reduce_packed(comm: Any, packed: Packed) -> None:
    """Rank 0's becomes the sum over all ranks, in the tree of `merge_in_order`."""
    for to, source in partners(comm):
        if comm.rank == source:
            comm.send(packed.counted(), dest=to)
            send(comm, packed.vector, to)
        else:
            packed.count(comm.recv(source=source))
            receive_sum(comm, packed.vector, source)


def _broadcast_packed(comm: Any, packed: Packed) -> None:
    packed.words.update(comm.bcast(packed.counted(), root=0))
    broadcast(comm, packed.vector)


def _packed(state: Any) -> Packed:
    return Packed.of(without_pending(state) if isinstance(state, NormalEquations) else state)


def _bytes(comm: Any, state: Any, to: int) -> None:
    data = np.frombuffer(state.to_bytes(), np.uint8)
    comm.send(data.size, dest=to)
    send(comm, data, to)


def _from_bytes(comm: Any, kind: Any, source: int) -> Any:
    data = np.empty(comm.recv(source=source), np.uint8)
    receive(comm, data, source)
    return kind.from_bytes(data.tobytes())


def _merged(function: str, comm: Any, state: Any) -> Any:
    """Of states that are no vectors: merged on rank 0, in the same tree; elsewhere a part."""
    agreed(function, comm, {"the state": type(state).__name__})
    state = state.copy()
    failure: Exception | None = None
    for to, source in partners(comm):
        if comm.rank == source:
            _bytes(comm, state, to)
        else:
            other = _from_bytes(comm, type(state), source)
            try:
                state.merge(other)
            except (TypeError, ValueError) as error:
                failure = failure or error

    def done() -> None:
        if failure is not None:
            raise failure

    together(function, comm, done)
    return state


def _require(state: Any) -> None:
    for name in ("to_bytes", "from_bytes", "copy", "merge"):
        if not hasattr(state, name):
            raise TypeError(f"state is {type(state).__name__}, which cannot be sent and merged")


def reduce(state: S, comm: Any) -> S | None:
    """Merge the states of all ranks on rank 0.

    In the fixed tree of `bochner.merge_in_order`, with its bits. Sums that are vectors of numbers
    (`NormalEquations`, `MeanEmbedding`, `LogisticSums`) are sent once, in messages of 8 MiB: every
    rank but 0 sends its numbers, ``8 (D + t + 1) (D + t + 2) / 2`` bytes of normal equations.
    Others travel as the bytes of `to_bytes`.

    Parameters
    ----------
    state : state
        Of one kind on all ranks, of the same map and options. It does not change.
    comm : mpi4py.MPI.Intracomm
        Of the ranks that call this. It is duplicated.

    Returns
    -------
    state or None
        A new one on rank 0, None elsewhere.

    Raises
    ------
    TypeError
        On anything else.
    ValueError
        On all ranks, when maps, options or versions of the library differ, naming two of them.
    """
    with duplicate("reduce", comm) as ours:
        return _reduced("reduce", ours, state)


def allreduce(state: S, comm: Any) -> S:
    """Merge the states of all ranks, on every one of them.

    `reduce`, and the result to all: the same bits everywhere.

    Parameters
    ----------
    state : state
    comm : mpi4py.MPI.Intracomm

    Returns
    -------
    state
        A new one.

    Raises
    ------
    TypeError, ValueError
        As `reduce`.

    Examples
    --------
    >>> import numpy as np
    >>> from mpi4py import MPI
    >>> import bochner as bo
    >>> import bochner.mpi
    >>> sums = bo.NormalEquations(bo.FeatureMapSpec(1, 16, seed=1))
    >>> sums = sums.add(np.ones((10, 1)), np.ones(10))
    >>> bochner.mpi.allreduce(sums, MPI.COMM_SELF).num_rows
    10
    """
    function = "allreduce"
    with duplicate(function, comm) as ours:
        if together(function, ours, lambda: _is_vector(state)):
            packed = _agreed_packed(function, ours, state)
            reduce_packed(ours, packed)
            _broadcast_packed(ours, packed)
            added: S = together(function, ours, packed.state)
            return added
        merged = _merged(function, ours, state)
        data = np.frombuffer(merged.to_bytes() if ours.rank == 0 else b"", np.uint8)
        size = ours.bcast(data.size, root=0)
        data = data.copy() if ours.rank == 0 else np.empty(size, np.uint8)
        broadcast(ours, data)
        found: S = together(function, ours, lambda: type(state).from_bytes(data.tobytes()))
        return found


def _is_vector(state: Any) -> bool:
    _require(state)
    return is_additive(state)


def _agreed_packed(function: str, comm: Any, state: Any) -> Packed:
    packed = together(function, comm, lambda: _packed(state))
    agreed(function, comm, packed.identity())
    return packed


def _reduced(function: str, comm: Any, state: S) -> S | None:
    if together(function, comm, lambda: _is_vector(state)):
        packed = _agreed_packed(function, comm, state)
        reduce_packed(comm, packed)
        added: S | None = together(
            function, comm, lambda: packed.state() if comm.rank == 0 else None
        )
        return added
    merged: S = _merged(function, comm, state)
    return merged if comm.rank == 0 else None
