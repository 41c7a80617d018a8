# SPDX-License-Identifier: Apache-2.0
"""The rows of a rank: an array, or a file of which a part is held at a time."""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from bochner._arrays import Array
from bochner._arrays import numbers as as_numbers
from bochner._options import path
from bochner.mpi._available import MPI

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

RowsLike: TypeAlias = "Array | str | os.PathLike[str]"
"""An array, memory-mapped or not, or the path of a .npy file."""

# Bytes of inputs that are held beside an array that is in a file.
_BATCH_BYTES = 1 << 24
_BLOCK = 256


class Rows:
    """Rows by batches; of a file, a batch is all that is in memory."""

    def __init__(
        self, name: str, source: Any, dimensions: tuple[int, ...], kinds: str = "f"
    ) -> None:
        self.name = name
        self._path: str | None = None
        if isinstance(source, (str, os.PathLike)):
            self._path = path("rows", name, source)
            source = self._opened()
        elif not isinstance(source, np.ndarray):
            raise TypeError(f"{name} is {type(source).__name__}, expected an array or a path")
        if source.ndim not in dimensions:
            expected = " or ".join(map(str, dimensions))
            raise ValueError(f"{name} has {source.ndim} dimensions, expected {expected}")
        known = kinds != "f" or source.dtype in (np.float32, np.float64)
        if source.dtype.kind not in kinds or not known or not source.dtype.isnative:
            expected = "float32 or float64" if kinds == "f" else "integers"
            raise TypeError(f"{name} has dtype {source.dtype}, expected {expected}")
        self.shape, self.dtype = source.shape, np.dtype(source.dtype)
        self._array = None if self._path is not None else source

    def _opened(self) -> Any:
        return np.load(self._path or "", mmap_mode="r", allow_pickle=False)

    def part(self, first: int, last: int) -> NDArray[Any]:
        """Some rows, in memory."""
        if self._array is not None:
            return np.array(self._array[first:last])
        # Opened anew, so that pages that were read are not kept.
        opened = self._opened()
        if opened.shape != self.shape or opened.dtype != self.dtype:
            raise ValueError(f"{self.name} changed while it was read")
        return np.array(opened[first:last])

    def __len__(self) -> int:
        return int(self.shape[0])


def batches(x: Rows) -> Iterator[tuple[int, int]]:
    """Ranges of rows of a few MiB."""
    size = max(1, int(np.prod(x.shape[1:])) * x.dtype.itemsize)
    step = max(4 * _BLOCK, _BATCH_BYTES // size // _BLOCK * _BLOCK)
    for first in range(0, len(x), step):
        yield first, min(first + step, len(x))


@contextlib.contextmanager
def counted_from(first: int) -> Iterator[None]:
    """Refusals of a batch count its rows from the first of the rank's."""

    def later(found: re.Match[str]) -> str:
        return f"{found[1]}{int(found[2]) + first}"

    try:
        yield
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(re.sub(r"\b(row |weights\[|labels\[)(\d+)", later, str(error))) from error


def share(source: RowsLike, comm: Any) -> Array:
    """Cut one array by ranges: of n rows, those from ``n rank / size`` on are this rank's.

    Parameters
    ----------
    source : array, or path of a .npy file
        With the same rows on every rank. A file is mapped, not read.
    comm : mpi4py.MPI.Intracomm
        Whose rank and size count; nothing is sent.

    Returns
    -------
    array
        A view; without rows where there are fewer than ranks.

    Raises
    ------
    TypeError, ValueError
        On no array of numbers, and on no communicator.

    Examples
    --------
    >>> import numpy as np
    >>> from mpi4py import MPI
    >>> import bochner.mpi
    >>> bochner.mpi.share(np.zeros((10, 2)), MPI.COMM_SELF).shape
    (10, 2)
    """
    if not isinstance(comm, MPI.Comm):
        raise TypeError(f"share: comm is {type(comm).__name__}, expected a communicator of mpi4py")
    if isinstance(source, (str, os.PathLike)):
        source = np.load(path("share", "source", source), mmap_mode="r", allow_pickle=False)
    if not isinstance(source, np.ndarray):
        source = as_numbers("share", "source", source, "rows, columns")
    if source.ndim < 1:
        raise ValueError("share: source has no rows")
    count = source.shape[0]
    return source[count * comm.rank // comm.size : count * (comm.rank + 1) // comm.size]
