# SPDX-License-Identifier: Apache-2.0
"""Sequences of tokens as rows of one length."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from bochner._options import whole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray
    from torch import Tensor


class Rows(NamedTuple):
    """Sequences of at most one length, the shorter ones padded with token 0."""

    tokens: Tensor
    """uint8, (n, length)."""
    lengths: Tensor
    """int64, (n,): tokens that are there."""
    labels: Tensor
    """int64, (n,): the class of each, 0 where there are none."""

    def take(self, at: Tensor) -> Rows:
        """The rows at these places."""
        return Rows(self.tokens[at], self.lengths[at], self.labels[at])

    def spread(self, count: int) -> Rows:
        """At most so many rows, at equal distances."""
        count = min(count, len(self.tokens))
        return self.take(torch.arange(count) * len(self.tokens) // max(count, 1))

    def live(self) -> Tensor:
        """bool, (n, length): True for tokens that are there."""
        return torch.arange(self.tokens.shape[1]) < self.lengths[:, None]


class Sequences(NamedTuple):
    """A data set: rows to train on, rows held out, and what their tokens are."""

    train: Rows
    held_out: Rows
    vocabulary: int
    classes: int = 0

    def digest(self) -> str:
        """Of all tokens, so that a checkpoint knows its data again."""
        total = hashlib.sha256()
        for rows in (self.train, self.held_out):
            for tensor in rows:
                total.update(tensor.contiguous().numpy().tobytes())
        return total.hexdigest()


def rows_of(
    pieces: Iterable[NDArray[np.uint8]], length: int, labels: NDArray[np.uint8] | None = None
) -> Rows:
    """Pieces of any length cut into rows of at most `length`; labels are those of the pieces."""
    cut = [
        (piece[first : first + length], i)
        for i, piece in enumerate(pieces)
        for first in range(0, len(piece), length)
    ]
    tokens = np.zeros((len(cut), length), np.uint8)
    for row, (part, _) in zip(tokens, cut, strict=True):
        row[: len(part)] = part
    classes = np.zeros(len(cut), np.int64)
    if labels is not None:
        classes[:] = labels[[i for _, i in cut]]
    lengths = np.array([len(part) for part, _ in cut], np.int64)
    return Rows(torch.from_numpy(tokens), torch.from_numpy(lengths), torch.from_numpy(classes))


def sequences_of(
    train: Iterable[ArrayLike],
    held_out: Iterable[ArrayLike],
    length: int,
    vocabulary: int,
) -> Sequences:
    """Sequences of one's own: tokens below `vocabulary`, cut into rows of at most `length`.

    Parameters
    ----------
    train, held_out : iterables of integer arrays
        Pieces of any length.
    length : int
    vocabulary : int
        At most 256.

    Returns
    -------
    Sequences

    Raises
    ------
    TypeError, ValueError
        On tokens out of range, and when there are none.

    Examples
    --------
    >>> from bochner.training import sequences_of
    >>> sequences_of([[0, 1, 2, 3, 4]], [[1, 0]], length=3, vocabulary=5).train.lengths.tolist()
    [3, 2]
    """
    function = "sequences_of"
    length = whole(function, "length", length, 2)
    vocabulary = whole(function, "vocabulary", vocabulary, 1, 256)

    def checked(name: str, pieces: Iterable[ArrayLike]) -> Rows:
        arrays = [np.asarray(piece) for piece in pieces]
        for i, array in enumerate(arrays):
            if array.ndim != 1 or (array.size > 0 and array.dtype.kind not in "iu"):
                raise TypeError(
                    f"{function}: {name}[{i}] is of {array.dtype} and {array.ndim} dimensions, "
                    "expected integers of one dimension"
                )
            if array.size > 0 and not 0 <= array.min() <= array.max() < vocabulary:
                raise ValueError(
                    f"{function}: {name}[{i}] has tokens from {array.min()} to {array.max()}, "
                    f"expected 0 to {vocabulary - 1}"
                )
        rows = rows_of([array.astype(np.uint8) for array in arrays], length)
        if len(rows.tokens) == 0:
            raise ValueError(f"{function}: {name} has no tokens, expected at least one")
        return rows

    return Sequences(checked("train", train), checked("held_out", held_out), vocabulary)
