# SPDX-License-Identifier: Apache-2.0
"""A sequence cut over ranks: which rows each has, fetches and sums."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

E = TypeVar("E")


class Piece(NamedTuple):
    """Positions first .. end - 1 of the sequence, which `source` has and `to` fetches."""

    source: int
    to: int
    first: int
    end: int


class Spans:
    """Rank r has the rows ``starts[r] .. starts[r + 1] - 1`` of the sequence.

    A query weighs the last `window` keys exactly. So a rank fetches the ``window - 1`` rows before
    its own, as far as there are so many, and takes what comes before these, up to its `boundary`,
    from sums. Sums of what is between its boundary and that of the next rank are its own to make.

    Parameters
    ----------
    counts : sequence of int
        Rows of each rank.
    window : int
    """

    def __init__(self, counts: Sequence[int], window: int) -> None:
        self.starts = (0, *itertools.accumulate(counts))
        self._fetched = max(window - 1, 0)

    @property
    def size(self) -> int:
        """Ranks."""
        return len(self.starts) - 1

    @property
    def fetches(self) -> bool:
        """Whether any rank may fetch rows."""
        return self._fetched > 0

    def near(self, rank: int) -> int:
        """How many rows before its own a rank fetches."""
        return min(self._fetched, self.starts[rank])

    def boundary(self, rank: int) -> int:
        """The first position that a rank sees as a row; of the last rank and one: the end."""
        return self.starts[rank] - (self.near(rank) if rank < self.size else 0)

    def own(self, rank: int) -> int:
        """How many of the rows that a rank has or fetches are its own to sum."""
        return self.boundary(rank + 1) - self.boundary(rank)

    def pieces(self, rank: int) -> tuple[list[Piece], list[Piece]]:
        """What a rank sends, and what it fetches."""
        found = [
            Piece(source, to, max(first, self.boundary(to)), min(end, self.starts[to]))
            for to in range(self.size)
            for source, (first, end) in enumerate(itertools.pairwise(self.starts))
        ]
        real = [piece for piece in found if piece.first < piece.end]
        sent = [piece for piece in real if piece.source == rank]
        return sent, [piece for piece in real if piece.to == rank]


def exclusive_scan(
    rank: int,
    size: int,
    mine: E,
    swap: Callable[[E, int | None, int | None], E | None],
    join: Callable[[E, int, E, int], E],
    step: int = 1,
) -> E | None:
    """What the ranks before this one have together, in ``ceil(log2(size))`` rounds.

    Parameters
    ----------
    rank, size : int
    mine : element
        Of this rank.
    swap : callable
        ``swap(element, to, source)`` sends an element to one rank and returns what comes from
        another; either may be None.
    join : callable
        ``join(earlier, last, later, end)`` of what ends with rank `last` and of what follows it and
        ends with rank `end`.
    step : {1, -1}
        -1 scans the ranks from the last to the first.

    Returns
    -------
    element or None
        None for the first rank.
    """
    before: E | None = None
    through = mine
    distance = 1
    while distance < size:
        to, source = rank + step * distance, rank - step * distance
        came = swap(through, to if 0 <= to < size else None, source if 0 <= source < size else None)
        if came is not None:
            before = came if before is None else join(came, source, before, rank - step)
            through = join(came, source, through, rank)
        distance *= 2
    return before
