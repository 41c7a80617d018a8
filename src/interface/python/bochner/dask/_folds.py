# SPDX-License-Identifier: Apache-2.0
"""Partitions, or groups of rows, dealt to folds, and the sums of each fold."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from bochner._options import whole
from bochner.dask._collections import aligned, partitioned
from bochner.dask._least_squares import require_rows
from bochner.dask._trees import summed

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self

    from bochner._normal_equations import NormalEquations
    from bochner.dask._blocks import Layout
    from bochner.dask._least_squares import Data, RidgeSums


@dataclasses.dataclass
class FoldSums:
    """The sums of the folds that were seen."""

    of_fold: dict[int, NormalEquations]

    def copy(self) -> Self:
        """Another; the sums of a fold change for neither."""
        return dataclasses.replace(self, of_fold=dict(self.of_fold))

    def merge(self, other: FoldSums) -> Self:
        """Fold by fold."""
        for fold, sums in sorted(other.of_fold.items()):
            mine = self.of_fold.get(fold)
            self.of_fold[fold] = sums if mine is None else mine.copy().merge(sums)
        return self


@dataclasses.dataclass(frozen=True)
class WholePartitions:
    """Sums of a partition that belongs to one fold."""

    work: RidgeSums

    def __call__(self, fold: int, *blocks: Any) -> FoldSums:
        return FoldSums({fold: self.work(*blocks)})


@dataclasses.dataclass(frozen=True)
class Groups:
    """Sums of a partition whose rows belong to the folds of their groups."""

    work: RidgeSums
    layout: Layout
    values: NDArray[Any]
    folds: NDArray[np.int64]

    def __call__(self, groups: Any, *blocks: Any) -> FoldSums:
        labels = self.layout.values_of(groups)
        require_rows(labels, "X", np.empty(len(blocks[0])))
        folds = self.folds[np.searchsorted(self.values, labels)]
        found = {}
        for fold in np.unique(folds):
            rows = np.flatnonzero(folds == fold)
            found[int(fold)] = self.work(*(_taken(block, rows) for block in blocks))
        return FoldSums(found)


def _taken(block: Any, rows: NDArray[np.int64]) -> Any:
    return block.iloc[rows] if hasattr(block, "iloc") else block[rows]


@dataclasses.dataclass
class _Counts:
    values: NDArray[Any] | None
    counts: NDArray[np.int64]

    def copy(self) -> Self:
        return dataclasses.replace(self)

    def merge(self, other: _Counts) -> Self:
        if self.values is None or other.values is None:
            mine = other if self.values is None else self
            self.values, self.counts = mine.values, mine.counts
            return self
        both = np.concatenate([self.values, other.values])
        self.values, place = np.unique(both, return_inverse=True)
        self.counts = np.bincount(
            place, np.concatenate([self.counts, other.counts]), self.values.size
        ).astype(np.int64)
        return self


@dataclasses.dataclass(frozen=True)
class _Count:
    layout: Layout

    def __call__(self, groups: Any) -> _Counts:
        if len(groups) == 0:
            return _Counts(None, np.zeros(0, np.int64))
        labels = self.layout.values_of(groups)
        if (labels != labels).any():
            raise ValueError(f"groups: row {int(np.argmax(labels != labels))} has no label")
        return _Counts(*np.unique(labels, return_counts=True))


def partition_folds(function: str, folds: Any, count: int, seed: int) -> list[int]:
    """The fold of every partition: as given, or in random order dealt to so many."""
    if isinstance(folds, (int, np.integer)):
        wanted = whole(function, "folds", folds, 2)
        if wanted > count:
            raise ValueError(
                f"{function}: folds is {wanted}, expected 2 to the {count} partitions of X; "
                "repartition it, or give groups"
            )
        order = np.random.default_rng([seed, 0]).permutation(count)
        dealt = np.empty(count, np.int64)
        dealt[order] = np.arange(count) % wanted
        return [int(fold) for fold in dealt]
    if not isinstance(folds, (list, tuple, np.ndarray)) or len(folds) != count:
        raise ValueError(
            f"{function}: folds is {folds!r}, expected an integer or one for each of the {count} "
            "partitions"
        )
    given = [whole(function, f"folds[{i}]", fold, 0) for i, fold in enumerate(folds)]
    if len(set(given)) < 2:
        raise ValueError(f"{function}: folds has one fold, expected two or more")
    return given


@dataclasses.dataclass(frozen=True)
class Dealt:
    """Blocks with what says their folds, and how sums are made of them."""

    blocks: list[tuple[Any, ...]]
    groups: tuple[Layout, NDArray[Any], NDArray[np.int64]] | None

    def sums(self, function: str, work: RidgeSums) -> dict[int, NormalEquations]:
        """The sums of each fold that has rows, in ascending order."""
        make = WholePartitions(work) if self.groups is None else Groups(work, *self.groups)
        found: FoldSums = summed(function, make, self.blocks)
        return {f: sums for f, sums in sorted(found.of_fold.items()) if sums.num_rows > 0}

    @property
    def num_groups(self) -> int:
        """0 where partitions are dealt."""
        return 0 if self.groups is None else self.groups[1].size


def dealt(
    function: str,
    rows: Any,
    data: Data,
    folds: Any,
    groups: Any,
    seed: int,
) -> Dealt:
    """Folds of partitions, or of groups where there are any."""
    if groups is None:
        of_partition = partition_folds(function, folds, len(data.blocks), seed)
        return Dealt(
            [(f, *parts) for f, parts in zip(of_partition, data.blocks, strict=True)], None
        )
    count = whole(function, "folds", folds, 2)
    labels = partitioned(function, "groups", aligned(function, rows, "groups", groups), object)
    counted: _Counts = summed(
        function, _Count(labels.layout), [(block,) for block in labels.blocks]
    )
    values = np.zeros(0) if counted.values is None else counted.values
    if values.size < count:
        raise ValueError(
            f"{function}: there are {values.size} groups, expected at least {count}, one per fold"
        )
    # Groups in random order, each to the fold with the fewest rows.
    of_group = np.empty(values.size, np.int64)
    held = np.zeros(count, np.int64)
    for group in np.random.default_rng([seed, 0]).permutation(values.size):
        of_group[group] = np.argmin(held)
        held[of_group[group]] += counted.counts[group]
    blocks = [(g, *parts) for g, parts in zip(labels.blocks, data.blocks, strict=True)]
    return Dealt(blocks, (labels.layout, values, of_group))
