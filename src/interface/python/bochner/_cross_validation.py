# SPDX-License-Identifier: Apache-2.0
"""Models judged on rows they have not seen."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, integers, list_of, optional_weights, rows, targets, threads
from bochner._folds import Folds, folds_of
from bochner._logistic import count_classes
from bochner._map import Map, as_map
from bochner._options import flag, real, whole, word
from bochner._results import Result, arrays_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

Loss: TypeAlias = Literal["squared", "misclassification"]


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


def cross_validate(
    feature_map: Map,
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
    feature_map : FeatureMap, FeatureMapSpec or str
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
    held_out = folds_of(function, folds, x.shape[0], seed)
    found = _core.cross_validate(
        as_map(function, feature_map)._map,
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
    feature_map: Map,
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
    feature_map : FeatureMap, FeatureMapSpec or str
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
    held_out = folds_of(function, folds, x.shape[0], seed)
    found = _core.cross_validate_logistic(
        as_map(function, feature_map)._map,
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
