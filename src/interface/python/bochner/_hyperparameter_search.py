# SPDX-License-Identifier: Apache-2.0
"""Kernel, lengthscales and ridge chosen from data."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bochner import _core
from bochner._arrays import ArrayLike, integers, list_of, optional_weights, rows, targets, threads
from bochner._options import flag, seed_of, whole, word
from bochner._progress import counted
from bochner._results import Result
from bochner._specs import kernels_of, spec_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bochner._core.options import FeatureMapSpec
    from bochner._cross_validation import Loss

Criterion: TypeAlias = Literal[
    "k-fold", "leave-one-out", "generalised-cross-validation", "evidence"
]

LengthscaleSearch: TypeAlias = Literal["fixed", "common", "per-column"]


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
    on_candidate: Callable[[SearchCandidate], object] | Literal["bar"] | None = None,
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
    on_candidate : callable or "bar", optional
        Called with each `SearchCandidate`; what it raises ends the search. With "bar", a bar of
        tqdm counts them.
    num_threads : int, optional

    Returns
    -------
    SearchResult

    Raises
    ------
    ImportError
        On "bar" where tqdm is not installed.
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
    spec = spec_of(function, spec)
    x = rows(function, "x", x)
    with counted(function, "on_candidate", on_candidate, "candidates") as called:
        found = _core.search_hyperparameters(
            spec,
            x,
            targets(function, "y", y),
            optional_weights(function, weights, x.dtype),
            kernels_of(function, kernels),
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
