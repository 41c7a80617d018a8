# SPDX-License-Identifier: Apache-2.0
"""Kernel and ridge chosen by folds of partitions or groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bochner._arrays import ArrayLike, list_of
from bochner._hyperparameter_search import SearchCandidate, SearchResult
from bochner._merging import merge_in_order
from bochner._options import flag, seed_of, whole
from bochner._progress import counted
from bochner._ridge_regression import RidgeRegression
from bochner._ridges import logarithmic_ridges
from bochner._specs import kernels_of, spec_of
from bochner.dask._collections import as_rows
from bochner.dask._folds import dealt
from bochner.dask._least_squares import RidgeSums, data_of, first_mean, num_targets_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from bochner._normal_equations import NormalEquations
    from bochner._specs import SpecLike


def _squared_errors(
    model: RidgeRegression, moments: NDArray[np.float64], offset: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sums of squared residuals of rows from their moments, per target."""
    theta = model.coefficients
    columns = np.vstack([theta, -np.eye(theta.shape[1]), (model.intercepts - offset)[None]])
    errors: NDArray[np.float64] = ((moments @ columns) * columns).sum(axis=0)
    return np.maximum(errors, 0.0)


def _variances(total: NormalEquations) -> NDArray[np.float64]:
    """Of the targets."""
    moments = total.moments()
    first, weight = total.num_features, moments[-1, -1]
    square = np.diagonal(moments)[first:-1] / weight
    spread: NDArray[np.float64] = square - np.square(moments[-1, first:-1] / weight)
    return spread


class _Folds:
    """Held-out losses of ridges, from the sums of the folds."""

    def __init__(self, function: str, of_fold: dict[int, NormalEquations], intercept: bool) -> None:
        self.folds = list(of_fold.values())
        if len(self.folds) < 2:
            raise ValueError(f"{function}: fewer than two folds have rows of positive weight")
        self.total = merge_in_order(self.folds)
        self.weights = np.array([float(sums.moments()[-1, -1]) for sums in self.folds])
        self.variances = _variances(self.total)
        if not (self.variances > 0.0).all():
            raise ValueError(f"{function}: a target is always the same")
        self.intercept = intercept

    def default_ridges(self) -> list[float]:
        """Three per decade from 1e-9 to 1, times the mean of |phi|^2."""
        features = self.total.num_features
        mean = float(np.diagonal(self.total.moments())[:features].sum() / self.weights.sum())
        return [float(ridge * mean) for ridge in logarithmic_ridges(1e-9, 1.0, 28)]

    def losses(self, ridges: list[float]) -> list[tuple[float, float]]:
        """Of every ridge the mean over all rows, in the targets' variances, and its standard error.

        Infinite where the system of a fold is singular.
        """
        found = np.empty((len(self.folds), len(ridges)))
        for i, held_out in enumerate(self.folds):
            training = merge_in_order(self.folds[:i] + self.folds[i + 1 :])
            moments = held_out.moments()
            for j, ridge in enumerate(ridges):
                try:
                    model = RidgeRegression(training, ridge=ridge, intercept=self.intercept)
                except ValueError as error:
                    if "singular" not in str(error):
                        raise
                    found[i, j] = np.inf
                    continue
                errors = _squared_errors(model, moments, held_out.target_offset)
                found[i, j] = (errors / self.variances).mean() / self.weights[i]
        shares = self.weights / self.weights.sum()
        k = len(shares)
        out = []
        for losses in found.T:
            mean = float(shares @ losses)
            spread = np.square(shares * (losses - mean)).sum() * k / (k - 1) if mean < np.inf else 0
            out.append((mean, float(np.sqrt(spread))))
        return out


def search_hyperparameters(
    spec: SpecLike,
    X: Any,  # noqa: N803
    y: Any,
    sample_weight: Any = None,
    *,
    kernels: Sequence[Any] = (),
    ridges: ArrayLike = (),
    folds: Any = 5,
    groups: Any = None,
    intercept: bool = True,
    seed: int = 0,
    on_candidate: Callable[[SearchCandidate], object] | Literal["bar"] | None = None,
    num_threads: int = 1,
) -> SearchResult:
    """Choose kernel and ridge by k-fold cross-validation, folds being partitions or groups.

    One pass over the partitions for each kernel: the sums of each fold serve every ridge, to fit
    with all other folds and, as squared errors are functions of moments, to be predicted. Losses
    are ``1 - R^2``. Persist X and y where they take long to make. Deterministic, at fixed
    partitions with the same bits for any number of workers. ``(2 k + log2(partitions)) D^2``
    numbers where it is called, ``O(r k D^3)`` there.

    Partitions are fair folds where rows came in any order; where neighbours are alike (a
    partition a month, a station), a fold of them is the harder and more honest question.

    Parameters
    ----------
    spec : FeatureMapSpec, FeatureMap or str
        Its projection, features, seed and num_frequencies stay as they are.
    X : dask array or dataframe of shape (n_samples, n_features)
    y : dask array, series or dataframe of shape (n_samples,) or (n_samples, n_targets)
    sample_weight : dask array or series of shape (n_samples,), optional
    kernels : sequence of kernels
        To try, lengthscales and all. Empty: that of `spec`.
    ridges : vector of numbers, optional
        Tried for every kernel. Empty: three per decade from 1e-9 to 1, times the mean |phi|^2.
    folds : int or sequence of integers
        How many, or the fold of each partition.
    groups : dask array or series of shape (n_samples,), optional
        Rows of one label, of whatever kind, are held out together; a pass over it counts them.
    intercept : bool
    seed : int
        Of the folds.
    on_candidate : callable or "bar", optional
        Called with each `SearchCandidate`; what it raises ends the search. With "bar", a bar of
        tqdm counts them.
    num_threads : int, default=1
        Of each partition.

    Returns
    -------
    SearchResult
        Standard errors are between folds.

    Raises
    ------
    TypeError, RuntimeError
        As `KernelRidge.fit`.
    ValueError
        As `KernelRidge.fit`, on options out of range, fewer partitions or groups than folds, and a
        target that is always the same.

    Examples
    --------
    >>> import dask.array as da
    >>> import bochner as bo
    >>> from bochner.dask import search_hyperparameters
    >>> X = da.random.default_rng(0).uniform(0.0, 6.0, size=(1000, 1), chunks=(100, 1))
    >>> kernels = [bo.GaussianKernel(bo.Isotropic(scale)) for scale in (0.01, 1.0)]
    >>> found = search_hyperparameters(
    ...     bo.FeatureMapSpec(1, 32, seed=1), X, da.sin(X[:, 0]), kernels=kernels
    ... )
    >>> found.spec.kernel
    GaussianKernel(metric=Isotropic(lengthscale=1.0))
    """
    function = "search_hyperparameters"
    given = spec_of(function, spec)
    tried = kernels_of(function, kernels) or [given.kernel]
    penalties = list_of(function, "ridges", ridges)
    fitted = flag(function, "intercept", intercept)
    threads = whole(function, "num_threads", num_threads, 1, 2**31)
    start = seed_of(function, seed)
    data = data_of(function, X, y, sample_weight)
    if data.num_columns != given.input_dim:
        raise ValueError(
            f"{function}: X has {data.num_columns} columns, expected {given.input_dim} (the spec's "
            "input_dim)"
        )
    deal = dealt(function, as_rows(function, "X", X)[0], data, folds, groups, start)
    offset = first_mean(function, data) if fitted else None
    candidates: list[SearchCandidate] = []
    with counted(function, "on_candidate", on_candidate, "candidates") as called:
        for kernel in tried:
            work = RidgeSums(
                given.__replace__(kernel=kernel),
                data.rows.layout,
                data.targets.layout.rows_of,
                data.weight_layout,
                num_targets_of(function, y),
                offset,
                threads,
            )
            held = _Folds(function, deal.sums(function, work), fitted)
            wanted = penalties or held.default_ridges()
            found = held.losses(wanted)
            best = min(range(len(wanted)), key=lambda j: found[j][0])
            candidates.append(
                SearchCandidate(
                    kernel,
                    held.total.num_rows,
                    held.total.num_features,
                    wanted[best],
                    *found[best],
                )
            )
            if called is not None:
                called(candidates[-1])
    chosen = min(candidates, key=lambda one: one.score)
    if not np.isfinite(chosen.score):
        raise ValueError(f"{function}: the system is singular at every ridge that was tried")
    return SearchResult(
        spec=given.__replace__(kernel=chosen.kernel),
        ridge=chosen.ridge,
        score=chosen.score,
        standard_error=chosen.standard_error,
        candidates=tuple(candidates),
        group_columns=(),
        num_groups=deal.num_groups,
    )
