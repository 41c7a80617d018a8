# SPDX-License-Identifier: Apache-2.0
"""Models judged on rows they have not seen, and what is chosen by it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, integers, rows, targets, threads
from bochner._core.options import FeatureMapSpec
from bochner._logistic import count_classes
from bochner._map import as_map
from bochner._options import flag, function_or_none, real, seed_of, whole, word
from bochner._regression import arrays_of, list_of, optional_weights
from bochner._results import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from bochner._regression import Map

Loss: TypeAlias = Literal["squared", "misclassification"]
Criterion: TypeAlias = Literal[
    "k-fold", "leave-one-out", "generalised-cross-validation", "evidence"
]
LengthscaleSearch: TypeAlias = Literal["fixed", "common", "per-column"]


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


@dataclasses.dataclass(frozen=True, eq=False)
class CrossValidation(Result):
    """The loss on held-out rows, one entry per ridge.

    Attributes
    ----------
    ridge : array of shape (r,)
    loss : array of shape (r,)
        Weighted mean over all rows, each predicted by the model fitted without its fold at the same
        ridge. Infinite where a fold's system is singular.
    standard_error : array of shape (r,)
        Of `loss`, between units: what the draw of the units leaves open.
    squared_error : array of shape (r, num_targets)
        Mean squared error in the targets' own units.
    unit_loss : array of shape (r, num_units)
        The sum of the weighted losses of each unit: for paired comparisons.
    """

    ridge: NDArray[np.float64]
    loss: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    squared_error: NDArray[np.float64]
    unit_loss: NDArray[np.float64]

    @property
    def best(self) -> int:
        """The index of the ridge with the least loss, the first of equals."""
        return int(np.argmin(self.loss))

    def _columns(self) -> dict[str, Any]:
        return {"ridge": self.ridge, "loss": self.loss, "standard_error": self.standard_error}


@dataclasses.dataclass(frozen=True, eq=False)
class LogisticValidation(Result):
    """The log loss of logistic regression on held-out rows, one entry per ridge.

    Attributes
    ----------
    ridge : array of shape (r,)
    log_loss : array of shape (r,)
        Weighted mean of ``-ln P(class_i | x_i)``, each row predicted by the model fitted without
        its fold.
    standard_error : array of shape (r,)
        Of `log_loss`, between units.
    error_rate : array of shape (r,)
        Weighted share of rows whose class is not the most probable.
    """

    ridge: NDArray[np.float64]
    log_loss: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    error_rate: NDArray[np.float64]

    @property
    def best(self) -> int:
        """The index of the ridge with the least log loss, the first of equals."""
        return int(np.argmin(self.log_loss))


def _folds(function: str, folds: Folds | int, num_rows: int, seed: int) -> Folds:
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


def cross_validate(
    map: Map,  # noqa: A002
    x: ArrayLike,
    y: ArrayLike,
    ridges: ArrayLike,
    *,
    folds: Folds | int = 5,
    seed: int = 0,
    weights: ArrayLike | None = None,
    loss: Loss = "squared",
    intercept: bool = True,
    num_threads: int | None = None,
) -> CrossValidation:
    """k-fold cross-validation of ridge regression, for every ridge at once.

    One factorisation per fold serves all ridges: O(n D^2 + k D^3 + r (k D^2 + n D t)) operations,
    (k + 2) D^2 numbers.

    Parameters
    ----------
    map : FeatureMap, FeatureMapSpec or str
        The features, or what to draw.
    x : array of shape (n, input_dim)
    y : array of shape (n,) or (n, num_targets)
    ridges : vector of r numbers from 0 to 1e100
    folds : Folds or int
        Which rows are held out together; a number means `row_folds`.
    seed : int
        Of the folds, where they are a number.
    weights : vector of n numbers, optional
    loss : {"squared", "misclassification"}
        squared: over the target's variance, mean over the targets, so ``1 - R^2``;
        misclassification: 1 where the largest output is not that of the largest target.
    intercept : bool
    num_threads : int, optional

    Returns
    -------
    CrossValidation

    Raises
    ------
    TypeError
        On another dtype than float32 and float64.
    ValueError
        On rows as `NormalEquations`, a ridge out of range, without ridges, and when `folds` are of
        another number of rows, divide a unit, or are fewer than two.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.linspace(0.0, 6.0, 200)[:, None]
    >>> y = np.sin(x[:, 0])
    >>> found = bo.cross_validate(bo.FeatureMapSpec(1, 32, seed=1), x, y, [1e-8, 1e-4, 1.0])
    >>> found.best
    0
    """
    function = "cross_validate"
    x = rows(function, "x", x)
    held_out = _folds(function, folds, x.shape[0], seed)
    found = _core.cross_validate(
        as_map(function, map)._map,
        x,
        targets(function, "y", y),
        optional_weights(function, weights, x.dtype),
        list_of(function, "ridges", ridges),
        held_out.count,
        held_out.fold,
        held_out.unit,
        held_out.num_units,
        word(function, "loss", loss),
        flag(function, "intercept", intercept),
        threads(function, num_threads),
    )
    return CrossValidation(**arrays_of(found))


def cross_validate_logistic(
    map: Map,  # noqa: A002
    x: ArrayLike,
    labels: ArrayLike,
    ridges: ArrayLike,
    *,
    num_classes: int | None = None,
    folds: Folds | int = 5,
    seed: int = 0,
    weights: ArrayLike | None = None,
    intercept: bool = True,
    tolerance: float = 1e-6,
    max_steps: int = 50,
    num_threads: int | None = None,
) -> LogisticValidation:
    """k-fold cross-validation of `LogisticRegression`: one fit per fold and ridge.

    Parameters
    ----------
    map : FeatureMap, FeatureMapSpec or str
        The features, or what to draw.
    x : array of shape (n, input_dim)
    labels : vector of n integers
        Classes, from 0 on.
    ridges : vector of positive numbers
    num_classes : int, optional
        Without it, one more than the largest label.
    folds, seed
        As `cross_validate`.
    weights : vector of n numbers, optional
    intercept, tolerance, max_steps
        As `LogisticRegression`.
    num_threads : int, optional

    Returns
    -------
    LogisticValidation

    Raises
    ------
    TypeError
        On another dtype than float32 and float64.
    ValueError
        As `cross_validate` and `LogisticRegression`, and when the rows outside a fold hold fewer
        than two classes.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.linspace(0.0, 2.0, 100)[:, None]
    >>> found = bo.cross_validate_logistic(
    ...     bo.FeatureMapSpec(1, 16, seed=1), x, np.arange(100) // 50, [1e-4, 1.0]
    ... )
    >>> found.best
    0
    """
    function = "cross_validate_logistic"
    x = rows(function, "x", x)
    labels = integers(function, "labels", labels, "entries")
    held_out = _folds(function, folds, x.shape[0], seed)
    found = _core.cross_validate_logistic(
        as_map(function, map)._map,
        x,
        labels,
        optional_weights(function, weights, x.dtype),
        count_classes(function, labels, num_classes),
        list_of(function, "ridges", ridges),
        held_out.count,
        held_out.fold,
        held_out.unit,
        held_out.num_units,
        flag(function, "intercept", intercept),
        real(function, "tolerance", tolerance),
        whole(function, "max_steps", max_steps, 0),
        threads(function, num_threads),
    )
    return LogisticValidation(**arrays_of(found))


@dataclasses.dataclass(frozen=True)
class SearchCandidate(Result):
    """One candidate that was tried, at the ridge that suits it best.

    Attributes
    ----------
    kernel : a kernel
    num_rows : int
        That it was judged on.
    num_features : int
        Of the map it was judged with.
    ridge : float
    score : float
        The criterion; smaller is better.
    standard_error : float
        Of the score; 0 where the criterion has none.
    """

    kernel: Any
    num_rows: int
    num_features: int
    ridge: float
    score: float
    standard_error: float


@dataclasses.dataclass(frozen=True)
class SearchResult(Result):
    """Kernel, lengthscales and ridge that were chosen.

    Attributes
    ----------
    spec : FeatureMapSpec
        The given one with kernel and centre chosen.
    ridge : float
    score : float
        Of the second comparison.
    standard_error : float
        Of the score.
    candidates : tuple of SearchCandidate
        In the order tried.
    group_columns : tuple of int
        Found by `repeated_columns`, when no groups were given.
    num_groups : int
        0: rows were held out one by one.
    """

    spec: FeatureMapSpec
    ridge: float
    score: float
    standard_error: float
    candidates: tuple[SearchCandidate, ...]
    group_columns: tuple[int, ...]
    num_groups: int

    def __str__(self) -> str:
        members = self.to_dict()
        members["candidates"] = len(self.candidates)
        width = max(map(len, members))
        return "\n".join(f"{name.ljust(width)}  {value}" for name, value in members.items())


def search_result(found: dict[str, Any]) -> SearchResult:
    """From what the library says."""
    return SearchResult(
        **{
            **found,
            "candidates": tuple(SearchCandidate(**one) for one in found["candidates"]),
            "group_columns": tuple(found["group_columns"]),
        }
    )


def kernels_of(function: str, name: str, kernels: Iterable[Any]) -> list[Any]:
    """Kernels as a list."""
    given = list(kernels) if hasattr(kernels, "__iter__") else [kernels]
    for kernel in given:
        if not isinstance(kernel, tuple(_core.kernels)):
            raise TypeError(f"{function}: {name} holds {kernel!r}, expected kernels")
    return given


def search_hyperparameters(
    spec: FeatureMapSpec | str,
    x: ArrayLike,
    y: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    kernels: Iterable[Any] = (),
    lengthscales: LengthscaleSearch = "per-column",
    ridges: ArrayLike = (),
    criterion: Criterion = "k-fold",
    loss: Loss = "squared",
    num_folds: int = 5,
    groups: ArrayLike | None = None,
    intercept: bool = True,
    search_rows: int = 10_000,
    search_features: int = 512,
    final_rows: int = 200_000,
    max_candidates: int = 120,
    seed: int = 0,
    on_candidate: Callable[[SearchCandidate], object] | None = None,
    num_threads: int | None = None,
) -> SearchResult:
    """Choose kernel, lengthscales and ridge from data.

    Deterministic, the same bits for any number of threads: all candidates share one draw of
    frequencies, so that the criterion is a smooth function of the lengthscales.

    Parameters
    ----------
    spec : FeatureMapSpec or str
        Its projection, features, seed and num_frequencies stay as they are.
    x : array of shape (n, input_dim)
    y : array of shape (n,) or (n, num_targets)
    weights : vector of n numbers, optional
    kernels : iterable of kernels
        Forms to try; lengthscales in them count only when these are fixed. Empty: that of `spec`.
    lengthscales : {"per-column", "common", "fixed"}
        One per column (automatic relevance determination), one factor times every column's spread,
        or those of the given kernels.
    ridges : vector of numbers
        Tried for every candidate. Empty: three per decade from 1e-9 to 1, times the mean |phi|^2.
    criterion : {"k-fold", "leave-one-out", "generalised-cross-validation", "evidence"}
        What a candidate is judged by. k-fold alone notices a model that has memorised groups.
    loss : {"squared", "misclassification"}
        Of k-fold.
    num_folds : int
    groups : vector of n integers, optional
        Rows of one label are held out together. Without it, labels of `repeated_columns`, or every
        row by itself when there are none.
    intercept : bool
    search_rows, search_features : int
        Candidates are compared on at most this many rows and features; the best are compared again,
        and the ridge chosen, with the features of the spec.
    final_rows : int
        Of the second comparison.
    max_candidates : int
        Of the first comparison.
    seed : int
        Of folds and of the rows drawn.
    on_candidate : callable, optional
        Called with each `SearchCandidate`; what it raises ends the search.
    num_threads : int, optional

    Returns
    -------
    SearchResult

    Raises
    ------
    TypeError
        On another dtype than float32 and float64.
    ValueError
        On rows as `NormalEquations`, options out of range, and fewer rows or groups than folds.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.linspace(0.0, 6.0, 200)[:, None]
    >>> found = bo.search_hyperparameters(
    ...     bo.FeatureMapSpec(1, 16, seed=1), x, np.sin(x[:, 0]), max_candidates=8
    ... )
    >>> len(found.candidates) > 0 and found.ridge > 0.0
    True
    """
    function = "search_hyperparameters"
    if isinstance(spec, str):
        spec = FeatureMapSpec.parse(word(function, "spec", spec))
    if not isinstance(spec, FeatureMapSpec):
        raise TypeError(
            f"{function}: spec is {type(spec).__name__}, expected a FeatureMapSpec or its text"
        )
    x = rows(function, "x", x)
    called = function_or_none(function, "on_candidate", on_candidate)
    found = _core.search_hyperparameters(
        spec,
        x,
        targets(function, "y", y),
        optional_weights(function, weights, x.dtype),
        kernels_of(function, "kernels", kernels),
        word(function, "lengthscales", lengthscales),
        list_of(function, "ridges", ridges),
        word(function, "criterion", criterion),
        word(function, "loss", loss),
        whole(function, "num_folds", num_folds, 0),
        None if groups is None else integers(function, "groups", groups, "entries"),
        flag(function, "intercept", intercept),
        whole(function, "search_rows", search_rows, 0),
        whole(function, "search_features", search_features, 0),
        whole(function, "final_rows", final_rows, 0),
        whole(function, "max_candidates", max_candidates, 0),
        seed_of(function, seed),
        None if called is None else lambda one: called(SearchCandidate(**one)),
        threads(function, num_threads),
    )
    return search_result(found)
