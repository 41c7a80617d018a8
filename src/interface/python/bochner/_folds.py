# SPDX-License-Identifier: Apache-2.0
"""Rows dealt to folds, and the groups of rows that belong together."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, integers, rows
from bochner._options import seed_of, whole
from bochner._results import Result

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclasses.dataclass(frozen=True, eq=False)
class Folds(Result):
    """A partition of rows for cross-validation.

    Rows of one unit share a fold; units are what is taken to be independent when a mean loss is
    given a standard error.

    Attributes
    ----------
    count : int
        Folds, k.
    fold : array of n integers
        In [0, k), one per row.
    unit : array of n integers
        In [0, num_units), one per row.
    num_units : int
    """

    count: int
    fold: NDArray[np.int64]
    unit: NDArray[np.int64]
    num_units: int


def row_folds(num_rows: int, count: int, *, seed: int = 0) -> Folds:
    """Rows in random order, dealt to `count` folds; every row is a unit.

    Parameters
    ----------
    num_rows : int
    count : int
        From 2 to `num_rows`.
    seed : int

    Returns
    -------
    Folds

    Raises
    ------
    ValueError
        On a count out of range.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> np.bincount(bo.row_folds(10, 5).fold)
    array([2, 2, 2, 2, 2])
    """
    return Folds(
        *_core.row_folds(
            whole("row_folds", "num_rows", num_rows, 0),
            whole("row_folds", "count", count, 0),
            seed_of("row_folds", seed),
        )
    )


def group_folds(groups: ArrayLike, count: int, *, seed: int = 0) -> Folds:
    """Groups in random order, each to the fold with the fewest rows; every group is a unit.

    Parameters
    ----------
    groups : vector of n integers
        One label per row, any numbers.
    count : int
        At least 2.
    seed : int

    Returns
    -------
    Folds

    Raises
    ------
    ValueError
        When there are fewer groups than folds, or fewer than two folds.

    Examples
    --------
    >>> import bochner as bo
    >>> folds = bo.group_folds([7, 7, 3, 3, 9], 3)
    >>> folds.num_units, bool(folds.fold[0] == folds.fold[1])
    (3, True)
    """
    return Folds(
        *_core.group_folds(
            integers("group_folds", "groups", groups, "entries"),
            whole("group_folds", "count", count, 0),
            seed_of("group_folds", seed),
        )
    )


def group_labels(columns: ArrayLike) -> NDArray[np.int64]:
    """One label per row, equal exactly where all columns are equal.

    Numbered from 0 in the lexicographic order of the distinct rows; -0 counts as 0.
    O(n log n) comparisons.

    Parameters
    ----------
    columns : array of shape (n, columns)

    Returns
    -------
    array of shape (n,)

    Raises
    ------
    ValueError
        On NaN or infinity.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> bo.group_labels(np.array([[2.0, 1.0], [1.0, 1.0], [2.0, 1.0]]))
    array([1, 0, 1])
    """
    return np.asarray(_core.group_labels(rows("group_labels", "columns", columns)))


def repeated_columns(x: ArrayLike) -> list[int]:
    """Columns that repeat together, such as longitude, latitude and elevation of stations.

    A set of at least two, none a linear function of another, whose joint values are hardly more
    numerous than those of one of them alone, yet at least 50, with 10 rows or more each on average.
    A model that sees them can tell the groups apart, and a criterion that holds out single rows
    then rewards it for memorising them. O(d^2 n log n) on at most 65,536 rows, drawn at random.

    Parameters
    ----------
    x : array of shape (n, d)

    Returns
    -------
    list of int
        The largest set found, ascending; empty when there is none.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> rng = np.random.default_rng(1)
    >>> stations = rng.normal(size=(60, 2))[np.repeat(np.arange(60), 20)]
    >>> bo.repeated_columns(np.column_stack([rng.normal(size=1200), stations]))
    [1, 2]
    """
    return list(_core.repeated_columns(rows("repeated_columns", "x", x)))


def folds_of(function: str, folds: Folds | int, num_rows: int, seed: int) -> Folds:
    """The folds that are given, or so many of rows in random order."""
    if isinstance(folds, Folds):
        return Folds(
            whole(function, "folds.count", folds.count, 0),
            integers(function, "folds.fold", folds.fold, "entries"),
            integers(function, "folds.unit", folds.unit, "entries"),
            whole(function, "folds.num_units", folds.num_units, 0),
        )
    count = whole(function, "folds", folds, 2)
    if count > num_rows:
        raise ValueError(f"{function}: folds is {count}, expected 2 to the {num_rows} rows of x")
    return row_folds(num_rows, count, seed=seed_of(function, seed))
