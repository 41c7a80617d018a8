# SPDX-License-Identifier: Apache-2.0
"""Buffers of any length in messages that MPI can count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bochner.mpi._available import MPI

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

PIECE = 1 << 20
"""Entries of a message: far below the 2^31 that MPI counts to, and little to hold beside."""

_TAG = 11


def _pieces(vector: NDArray[Any]) -> Iterator[NDArray[Any]]:
    for first in range(0, vector.size, PIECE):
        yield vector[first : first + PIECE]


def _message(piece: NDArray[Any]) -> list[Any]:
    return [piece, MPI.BYTE if piece.dtype == np.uint8 else MPI.DOUBLE]


def send(comm: Any, vector: NDArray[Any], to: int) -> None:
    """A vector of doubles or bytes, whose length is known there."""
    for piece in _pieces(vector):
        comm.Send(_message(piece), dest=to, tag=_TAG)


def receive(comm: Any, vector: NDArray[Any], source: int) -> None:
    """Into a vector, what `send` sent."""
    for piece in _pieces(vector):
        comm.Recv(_message(piece), source=source, tag=_TAG)


def receive_sum(comm: Any, vector: NDArray[np.float64], source: int) -> None:
    """Added to a vector, what `send` sent."""
    buffer = np.empty(min(PIECE, vector.size))
    for piece in _pieces(vector):
        arrived = buffer[: piece.size]
        comm.Recv(_message(arrived), source=source, tag=_TAG)
        piece += arrived


def broadcast(comm: Any, vector: NDArray[Any]) -> None:
    """From rank 0 to all."""
    for piece in _pieces(vector):
        comm.Bcast(_message(piece), root=0)


def partners(comm: Any) -> Iterator[tuple[int, int]]:
    """Pairs (to, from) of this rank in the tree of `merge_in_order`, in its order.

    Neighbours first, then pairs of pairs; a rank's last pair is the one where it is `from`.
    """
    step = 1
    while step < comm.size:
        if comm.rank % (2 * step) != 0:
            yield comm.rank - step, comm.rank
            return
        if comm.rank + step < comm.size:
            yield comm.rank, comm.rank + step
        step *= 2
