# SPDX-License-Identifier: Apache-2.0
"""What the steps of a logistic regression sum over rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bochner._arrays import (
    ArrayLike,
    columns,
    integers,
    list_of,
    require_finite,
    rows,
    threads,
    vector,
)
from bochner._linear_sums import LinearSums
from bochner._map import FeatureMap, Map, as_map

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from typing_extensions import Self

    from bochner._arrays import Array

# Rows whose features are held at once, a constant of the sums' bits.
_BLOCK = 256
_LARGEST_WEIGHT = 1e100


class LogisticSums(LinearSums):
    """Sums over rows at one point of a logistic regression: its loss and gradient, or a product.

    With outputs ``f_c(x) = theta_c . phi(x) + intercept_c`` and probabilities ``p = softmax(f)``,
    `logistic_gradient` sums ``w_i (p_ic - [class_i = c])`` and `logistic_product` what a direction
    changes of it, both against the features and against 1. A monoid: sums of parts, merged, are the
    sums of the whole, to rounding. (D + 1) num_classes numbers. Picklable.

    `merge_in_order` merges several; divided by `weight` they are derivatives of the mean negative
    log-likelihood that `LogisticRegression` minimises beside its penalty.
    """

    __slots__ = ("_loss", "_weight")

    _KIND = "logistic_sums"

    _loss: float
    _weight: float

    def _further_words(self) -> dict[str, str]:
        return {"weight": repr(self._weight), "loss": repr(self._loss)}

    def _take_words(self, words: dict[str, str]) -> None:
        self._weight = self._word(words, "weight", float)
        self._loss = self._word(words, "loss", float)

    @classmethod
    def _empty(cls, drawn: FeatureMap, dtype: np.dtype[Any], num_classes: int) -> Self:
        made = cls.__new__(cls)
        made._hold(
            drawn, dtype, np.zeros((drawn.num_features, num_classes)), np.zeros(num_classes), 0
        )
        made._weight = made._loss = 0.0
        return made

    @property
    def num_classes(self) -> int:
        """Columns of the outputs."""
        return int(self._constants.shape[0])

    @property
    def weight(self) -> float:
        """The sum of the rows' weights, W."""
        return self._weight

    @property
    def loss(self) -> float:
        """``-sum_i w_i ln p(class_i)``; 0 of a product."""
        return self._loss

    @property
    def coefficients(self) -> NDArray[np.float64]:
        """A copy of the sums against the features, of shape (num_features, num_classes)."""
        columns: NDArray[np.float64] = self._columns.copy()
        return columns

    @property
    def intercepts(self) -> NDArray[np.float64]:
        """A copy of the sums against 1, of shape (num_classes,)."""
        constants: NDArray[np.float64] = self._constants.copy()
        return constants

    def merge(self, other: LogisticSums) -> Self:
        """Add the sums of `other`, taken at the same point.

        Parameters
        ----------
        other : LogisticSums
            Of the same map, dtype and number of classes; it does not change.

        Returns
        -------
        LogisticSums
            This.

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            On another map, or another number of classes.
        """
        self._add(other)
        self._weight += other._weight
        self._loss += other._loss
        return self

    def __repr__(self) -> str:
        return (
            f"LogisticSums of {self.num_classes} classes on {self._map!r}, dtype="
            f"{self._dtype.name}, {self._num_rows} rows"
        )


def _point(
    function: str, drawn: FeatureMap, coefficients: ArrayLike, intercepts: ArrayLike, prefix: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    theta = columns(function, f"{prefix}coefficients", coefficients)
    constants = np.array(list_of(function, f"{prefix}intercepts", intercepts))
    expected = (drawn.num_features, constants.size)
    if theta.shape != expected or constants.size < 2:
        raise ValueError(
            f"{function}: {prefix}coefficients has shape {theta.shape}, expected "
            f"({drawn.num_features}, the number of {prefix}intercepts, at least 2)"
        )
    return theta, constants


def _weights(function: str, weights: ArrayLike | None, x: Array) -> NDArray[np.float64]:
    if weights is None:
        return np.ones(x.shape[0])
    given = vector(function, "weights", weights, np.float64).astype(np.float64, copy=False)
    if given.shape[0] != x.shape[0]:
        raise ValueError(
            f"{function}: weights has {given.shape[0]} entries, expected {x.shape[0]} (rows of x)"
        )
    wrong = ~((given >= 0.0) & (given <= _LARGEST_WEIGHT))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(f"{function}: weights[{row}] is {given[row]}, expected 0 to 1e100")
    return given


def _blocks(
    drawn: FeatureMap, x: Array, num_threads: int | None
) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    for first in range(0, x.shape[0], _BLOCK):
        at = slice(first, first + _BLOCK)
        yield at, drawn.transform(x[at], num_threads=num_threads).astype(np.float64, copy=False)


def _probabilities(outputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Outputs, without their maxima, become probabilities; the logarithms of the sums are left."""
    outputs -= outputs.max(axis=1, keepdims=True)
    exponentials = np.exp(outputs)
    sums: NDArray[np.float64] = exponentials.sum(axis=1, keepdims=True)
    outputs -= np.log(sums)
    exponentials /= sums
    return exponentials


def _summed(
    drawn: FeatureMap,
    x: Array,
    weights: NDArray[np.float64],
    num_classes: int,
    num_threads: int | None,
    residual: Callable[[slice, NDArray[np.float64]], NDArray[np.float64]],
) -> LogisticSums:
    """Sums of ``w_i z_i r_i^T``, z = [phi, 1]; `residual(rows, features)` is r of some rows."""
    sums = LogisticSums._empty(drawn, x.dtype, num_classes)
    for at, phi in _blocks(drawn, x, num_threads):
        r = weights[at, None] * residual(at, phi)
        sums._columns += phi.T @ r
        sums._constants += r.sum(axis=0)
    sums._num_rows = int(np.count_nonzero(weights))
    sums._weight = float(weights.sum())
    return sums


def logistic_gradient(
    feature_map: Map,
    x: ArrayLike,
    labels: ArrayLike,
    coefficients: ArrayLike,
    intercepts: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    num_threads: int | None = None,
) -> LogisticSums:
    """Loss of a logistic regression over rows, and its gradient.

    ``-sum_i w_i ln p(class_i | x_i)``, ``sum_i w_i phi(x_i) (p_ic - [class_i = c])`` and
    ``sum_i w_i (p_ic - [class_i = c])``. O(n (m d + D num_classes)); products of NumPy, whose bits
    may depend on its own threads.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
    x : array of shape (n, input_dim)
        float32 or float64; n may be 0.
    labels : vector of n integers
        Classes, from 0 on.
    coefficients : array of shape (num_features, num_classes)
    intercepts : vector of num_classes numbers
        The point.
    weights : vector of n numbers, optional
        From 0 to 1e100.
    num_threads : int, optional
        Of the features.

    Returns
    -------
    LogisticSums

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        On shapes that do not match, NaN or infinity (naming row and column), and a label or a
        weight out of range.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.linspace(0.0, 1.0, 10)[:, None]
    >>> features = bo.FeatureMap(bo.FeatureMapSpec(1, 4, seed=1))
    >>> sums = bo.logistic_gradient(features, x, np.arange(10) // 5, np.zeros((8, 2)), [0.0, 0.0])
    >>> bool(np.isclose(sums.loss / sums.weight, np.log(2.0)))
    True
    """
    function = "logistic_gradient"
    drawn = as_map(function, feature_map)
    x = rows(function, "x", x)
    theta, constants = _point(function, drawn, coefficients, intercepts, "")
    labels = integers(function, "labels", labels, "entries")
    if labels.shape[0] != x.shape[0]:
        raise ValueError(
            f"{function}: labels has {labels.shape[0]} entries, expected {x.shape[0]} (rows of x)"
        )
    wrong = (labels < 0) | (labels >= constants.size)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"{function}: labels[{row}] is {labels[row]}, expected 0 to {constants.size - 1}"
        )
    given = _weights(function, weights, x)
    require_finite(function, "x", x)
    loss = 0.0

    def residual(at: slice, phi: NDArray[np.float64]) -> NDArray[np.float64]:
        nonlocal loss
        own = (np.arange(phi.shape[0]), labels[at])
        logarithms = phi @ theta + constants
        r = _probabilities(logarithms)
        loss -= float((given[at] * logarithms[own]).sum())
        r[own] -= 1.0
        return r

    sums = _summed(
        drawn, x, given, constants.size, threads(function, num_threads) or None, residual
    )
    sums._loss = max(loss, 0.0)
    return sums


def logistic_product(
    feature_map: Map,
    x: ArrayLike,
    coefficients: ArrayLike,
    intercepts: ArrayLike,
    direction_coefficients: ArrayLike,
    direction_intercepts: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    num_threads: int | None = None,
) -> LogisticSums:
    """The Hessian of a logistic regression's loss over rows, times a direction.

    With the change of the outputs ``s_ic = v_c . phi(x_i) + u_c`` the sums of ``w_i p_ic (s_ic -
    sum_b p_ib s_ib)`` against features and 1. Labels do not matter. Cost and bits as
    `logistic_gradient`.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
    x : array of shape (n, input_dim)
    coefficients : array of shape (num_features, num_classes)
    intercepts : vector of num_classes numbers
        The point.
    direction_coefficients : array of shape (num_features, num_classes)
    direction_intercepts : vector of num_classes numbers
        The direction.
    weights : vector of n numbers, optional
    num_threads : int, optional

    Returns
    -------
    LogisticSums

    Raises
    ------
    TypeError, ValueError
        As `logistic_gradient`.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.linspace(0.0, 1.0, 10)[:, None]
    >>> features = bo.FeatureMap(bo.FeatureMapSpec(1, 4, seed=1))
    >>> point = np.zeros((8, 2)), [0.0, 0.0]
    >>> bo.logistic_product(features, x, *point, np.zeros((8, 2)), [1.0, -1.0]).intercepts
    array([ 5., -5.])
    """
    function = "logistic_product"
    drawn = as_map(function, feature_map)
    x = rows(function, "x", x)
    theta, constants = _point(function, drawn, coefficients, intercepts, "")
    v, u = _point(function, drawn, direction_coefficients, direction_intercepts, "direction_")
    if v.shape != theta.shape:
        raise ValueError(f"{function}: the direction has {u.size} classes, not {constants.size}")
    given = _weights(function, weights, x)
    require_finite(function, "x", x)

    def residual(_at: slice, phi: NDArray[np.float64]) -> NDArray[np.float64]:
        p = _probabilities(phi @ theta + constants)
        s = phi @ v + u
        r: NDArray[np.float64] = p * (s - (p * s).sum(axis=1, keepdims=True))
        return r

    return _summed(
        drawn, x, given, constants.size, threads(function, num_threads) or None, residual
    )
