# SPDX-License-Identifier: Apache-2.0
"""A communicator of our own beside the caller's."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from bochner.mpi._available import MPI

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def duplicate(function: str, comm: Any) -> Iterator[Any]:
    """A communicator of our own over the caller's ranks."""
    if not isinstance(comm, MPI.Intracomm):
        raise TypeError(
            f"{function}: comm is {type(comm).__name__}, expected an intracommunicator of mpi4py"
        )
    if comm == MPI.COMM_NULL:
        raise ValueError(f"{function}: comm is the null communicator")
    ours = comm.Dup()
    try:
        yield ours
    finally:
        ours.Free()
