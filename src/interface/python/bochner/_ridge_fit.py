# SPDX-License-Identifier: Apache-2.0
"""Ridge regression by whatever solver suits the problem."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Literal, TypeAlias

from bochner import _core
from bochner._arrays import ArrayLike, optional_weights, rows, targets, threads
from bochner._map import Map, as_map
from bochner._options import flag, real, seed_of, whole, word
from bochner._progress import counted
from bochner._results import Result
from bochner._ridge_regression import Posterior, RidgeRegression

if TYPE_CHECKING:
    from collections.abc import Callable

Solver: TypeAlias = Literal["automatic", "cholesky", "dual", "conjugate-gradients"]


@dataclasses.dataclass(frozen=True)
class FitReport(Result):
    """How `fit_ridge` went.

    Attributes
    ----------
    solver : str
        That ran.
    iterations : int
        Of conjugate gradients, one pass over the data each.
    residual : float
        Of conjugate gradients: the largest ``|b - (A + W ridge) theta| / |b|``.
    converged : bool
    sketch_rows : int
        Of the preconditioner.
    """

    solver: Solver
    iterations: int
    residual: float
    converged: bool
    sketch_rows: int


@dataclasses.dataclass(frozen=True, eq=False)
class RidgeFit(Result):
    """A model, and how it was found.

    Attributes
    ----------
    model : RidgeRegression
    report : FitReport
    """

    model: RidgeRegression
    report: FitReport


def fit_ridge(
    feature_map: Map,
    x: ArrayLike,
    y: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    ridge: float = 1e-6,
    intercept: bool = True,
    posterior: Posterior = "mean",
    solver: Solver = "automatic",
    tolerance: float = 1e-6,
    max_iterations: int = 500,
    sketch_rows: int = 0,
    seed: int = 0,
    on_iteration: Callable[[int, float], object] | Literal["bar"] | None = None,
    num_threads: int | None = None,
) -> RidgeFit:
    """Ridge regression by whatever solver suits the problem.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
        The features, or what to draw.
    x : array of shape (n, input_dim)
    y : array of shape (n,) or (n, num_targets)
        With a vector, predictions are vectors.
    weights : vector of n numbers, optional
        Relative precisions from 0 to 1e100.
    ridge, intercept, posterior
        As `RidgeRegression`. A full posterior needs the Cholesky solver.
    solver : {"automatic", "cholesky", "dual", "conjugate-gradients"}
        automatic: dual when n < D and n <= 8,192, else cholesky up to 8,192 features, else
        conjugate gradients, which hold no matrix and recompute features at every iteration.
    tolerance : float
        Of conjugate gradients, on ``|b - (A + W ridge) theta| / |b|``.
    max_iterations : int
        Of conjugate gradients. Reaching it is reported, not raised.
    sketch_rows : int
        Of the sketch that preconditions conjugate gradients; 0: a quarter of the features.
    seed : int
        Of the sketch.
    on_iteration : callable or "bar", optional
        Called with the number of iterations and the residual; what it raises ends the fit. "bar"
        shows a bar of tqdm.
    num_threads : int, optional

    Returns
    -------
    RidgeFit

    Raises
    ------
    TypeError
        On another dtype than float32 and float64.
    ValueError
        As `NormalEquations` and `RidgeRegression`, on options out of range, and on conjugate
        gradients without a ridge.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.linspace(0.0, 6.0, 200)[:, None]
    >>> fit = bo.fit_ridge(bo.FeatureMapSpec(1, 512, seed=1), x, np.sin(x[:, 0]), ridge=1e-8)
    >>> fit.report.solver
    'dual'
    >>> bool(np.abs(fit.model.predict(x) - np.sin(x[:, 0])).max() < 1e-3)
    True
    """
    function = "fit_ridge"
    drawn = as_map(function, feature_map)
    x = rows(function, "x", x)
    y = targets(function, "y", y)
    with counted(function, "on_iteration", on_iteration, "iterations") as called:
        model, report = _core.fit_ridge(
            drawn._map,
            x,
            y,
            optional_weights(function, weights, x.dtype),
            real(function, "ridge", ridge),
            flag(function, "intercept", intercept),
            word(function, "posterior", posterior),
            word(function, "solver", solver),
            real(function, "tolerance", tolerance),
            whole(function, "max_iterations", max_iterations, 0),
            whole(function, "sketch_rows", sketch_rows, 0),
            seed_of(function, seed),
            called,
            threads(function, num_threads),
        )
    return RidgeFit(RidgeRegression._of(model, y.ndim == 1, drawn), FitReport(**report))
