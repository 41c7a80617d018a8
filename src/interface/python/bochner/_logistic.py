# SPDX-License-Identifier: Apache-2.0
"""Classes: as targets of ridge regression, and by logistic regression."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bochner import _core
from bochner._arrays import (
    Array,
    ArrayLike,
    integers,
    like,
    list_of,
    optional_weights,
    output,
    rows,
    threads,
)
from bochner._linear_model import LinearModel
from bochner._map import FeatureMap, Map, as_map
from bochner._options import dtype_of, flag, is_single, real, whole
from bochner._results import Result
from bochner._ridge_regression import RidgeRegression

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray
    from typing_extensions import Self

    from bochner._archives import State


def class_targets(
    labels: ArrayLike, num_classes: int | None = None, *, dtype: DTypeLike = np.float64
) -> Array:
    """Targets of one-versus-rest least squares: 1 in the column of the class, -1 elsewhere.

    Parameters
    ----------
    labels : vector of n integers
        From 0 on.
    num_classes : int, optional
        Without it, one more than the largest label.
    dtype : float64 or float32

    Returns
    -------
    array of shape (n, num_classes)

    Raises
    ------
    ValueError
        On a label out of range, and when fewer than two classes occur.

    Examples
    --------
    >>> import bochner as bo
    >>> bo.class_targets([0, 2, 1])
    array([[ 1., -1., -1.],
           [-1., -1.,  1.],
           [-1.,  1., -1.]])
    """
    function = "class_targets"
    labels = integers(function, "labels", labels, "entries")
    shape = (labels.shape[0], count_classes(function, labels, num_classes))
    out = output(function, None, shape, dtype_of(is_single(function, dtype)))
    _core.class_targets(labels, out)
    return out


def count_classes(function: str, labels: NDArray[np.int64], num_classes: int | None) -> int:
    """As many as said, or as the labels need."""
    if num_classes is not None:
        return whole(function, "num_classes", num_classes, 1, 2**31)
    return int(labels.max()) + 1 if labels.size and labels.max() >= 0 else 1


def largest_output(outputs: ArrayLike) -> NDArray[np.int64]:
    """The column of the largest entry of each row, the first of equals.

    Parameters
    ----------
    outputs : array of shape (n, num_classes)

    Returns
    -------
    array of shape (n,)

    Raises
    ------
    ValueError
        Without a column, and on NaN.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> bo.largest_output(np.array([[0.1, 0.9], [0.7, 0.3]]))
    array([1, 0])
    """
    return np.asarray(_core.largest_output(rows("largest_output", "outputs", outputs)))


@dataclasses.dataclass(frozen=True)
class LogisticReport(Result):
    """How the iteration of a `LogisticRegression` ended.

    Attributes
    ----------
    steps : int
        Newton steps.
    products : int
        With the Hessian, two passes over the data in one.
    gradient : float
        Its norm over that at zero.
    objective : float
        Mean negative log-likelihood plus penalty.
    converged : bool
        Whether `gradient` is at most the tolerance.
    outcome : {"converged", "step-limit", "precision"}
        Why it ended: the last is when rounding hides what a further step would change.
    """

    steps: int
    products: int
    gradient: float
    objective: float
    converged: bool
    outcome: Literal["converged", "step-limit", "precision"]


class LogisticRegression(LinearModel):
    """Multinomial logistic regression in feature space.

    ``P(class c | x) = exp(f_c(x)) / sum_b exp(f_b(x))`` with ``f_c(x) = theta_c . phi(x) +
    intercept_c``, minimising ``-(1 / W) sum_i w_i ln P(class_i | x_i) + (ridge / 2) sum_c
    |theta_c|^2``. Immutable, safe to share between threads, picklable.

    Newton's method: each step is solved by preconditioned conjugate gradients. O(n D^2 + D^3) once,
    O(n D num_classes) per product; the same bits for any number of threads.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
        The features, or what to draw.
    x : array of shape (n, input_dim)
        float32 or float64.
    labels : vector of n integers
        Classes, from 0 on.
    num_classes : int, optional
        Without it, one more than the largest label.
    weights : vector of n numbers, optional
        Relative precisions from 0 to 1e100.
    ridge : float
        The penalty, positive; scikit-learn's C is ``1 / (ridge * n)``.
    intercept : bool
    tolerance : float
        On the gradient's norm over that at zero.
    max_steps : int
        Newton steps. Reaching it is reported, not raised.
    num_threads : int, optional

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        On options out of range, rows as `NormalEquations`, a label out of range, and when fewer
        than two classes have a row of positive weight.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.linspace(0.0, 3.0, 300)[:, None]
    >>> model = bo.LogisticRegression(bo.FeatureMapSpec(1, 64, seed=1), x, np.arange(300) // 100)
    >>> model.predict(np.array([[0.5], [1.5], [2.5]]))
    array([0, 1, 2])
    >>> model.report.converged
    True
    """

    __slots__ = ("_logistic",)

    _logistic: _core.Logistic

    def __init__(
        self,
        feature_map: Map,
        x: ArrayLike,
        labels: ArrayLike,
        *,
        num_classes: int | None = None,
        weights: ArrayLike | None = None,
        ridge: float = 1e-6,
        intercept: bool = True,
        tolerance: float = 1e-6,
        max_steps: int = 50,
        num_threads: int | None = None,
    ) -> None:
        function = "LogisticRegression"
        drawn = as_map(function, feature_map)
        x = rows(function, "x", x)
        labels = integers(function, "labels", labels, "entries")
        fitted = _core.fit_logistic(
            drawn._map,
            x,
            labels,
            optional_weights(function, weights, x.dtype),
            count_classes(function, labels, num_classes),
            real(function, "ridge", ridge),
            flag(function, "intercept", intercept),
            real(function, "tolerance", tolerance),
            whole(function, "max_steps", max_steps, 0),
            threads(function, num_threads),
        )
        self._hold(fitted, drawn)

    def _hold(self, logistic: _core.Logistic, map_: FeatureMap | None = None) -> None:
        self._logistic = logistic
        self._options = logistic.options
        self._dtype = dtype_of(logistic.single)
        self._map = FeatureMap(logistic.spec) if map_ is None else map_

    @classmethod
    def _of(cls, logistic: _core.Logistic) -> Self:
        model = cls.__new__(cls)
        model._hold(logistic)
        return model

    def _state(self) -> State:
        words, arrays = self._logistic.save()
        return words, arrays

    @classmethod
    def _restored(cls, words: dict[str, str], arrays: dict[str, Any]) -> Self:
        return cls._of(_core.Logistic.load(words, arrays))

    @staticmethod
    def from_coefficients(
        feature_map: Map,
        coefficients: ArrayLike,
        *,
        intercepts: ArrayLike | None = None,
        ridge: float = 1e-6,
        intercept: bool = True,
        dtype: DTypeLike = np.float64,
    ) -> LogisticRegression:
        """A model of coefficients found elsewhere, whose report says nothing.

        Parameters
        ----------
        feature_map : FeatureMap, FeatureMapSpec or str
        coefficients : array of shape (num_features, num_classes)
        intercepts : num_classes numbers, optional
            Shifted so that they sum to zero, which changes no probability. Without them, zeros.
        ridge : float
        intercept : bool
            What is said of how they were found.
        dtype : float64 or float32
            Of the rows and the features.

        Returns
        -------
        LogisticRegression

        Raises
        ------
        ValueError
            On shapes that do not match, fewer than two classes and numbers that are not finite.

        Examples
        --------
        >>> import numpy as np
        >>> import bochner as bo
        >>> model = bo.LogisticRegression.from_coefficients(
        ...     bo.FeatureMapSpec(1, 1, seed=1), np.zeros((2, 2)), intercepts=[1.0, 0.0]
        ... )
        >>> model.predict(np.zeros((1, 1)))
        array([0])
        """
        constants = None
        if intercepts is not None:
            constants = np.array(list_of("from_coefficients", "intercepts", intercepts))
            constants -= constants.mean()
        scores = RidgeRegression.from_coefficients(
            feature_map,
            coefficients,
            intercepts=constants,
            ridge=ridge,
            intercept=intercept,
            dtype=dtype,
        )
        words, arrays = scores._state()
        return LogisticRegression._restored({**words, "kind": "logistic_regression"}, arrays)

    @property
    def num_classes(self) -> int:
        """Columns of the probabilities."""
        return int(self.intercepts.shape[0])

    @property
    def report(self) -> LogisticReport:
        """How the iteration ended."""
        return LogisticReport(**self._logistic.report)

    @property
    def coefficients(self) -> NDArray[np.float64]:
        """A copy of theta, of shape (num_features, num_classes)."""
        return np.asarray(self._logistic.coefficients())

    @property
    def intercepts(self) -> NDArray[np.float64]:
        """A copy of the constants, of shape (num_classes,); they sum to zero."""
        return np.asarray(self._logistic.intercepts())

    def predict_probabilities(
        self, x: ArrayLike, *, out: Array | None = None, num_threads: int | None = None
    ) -> Array:
        """P(class c | x_i).

        Parameters
        ----------
        x : array of shape (n, input_dim)
            Of the dtype of this model.
        out : array of shape (n, num_classes), optional
        num_threads : int, optional

        Returns
        -------
        array of shape (n, num_classes)

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            On shapes that do not match, overlap, and NaN or infinity.
        """
        function = "predict_probabilities"
        x = like(function, "x", x, "rows, columns", "the model", self._dtype)
        out = output(function, out, (x.shape[0], self.num_classes), x.dtype)
        self._logistic.predict_probabilities(x, out, threads(function, num_threads))
        return out

    def predict(self, x: ArrayLike, *, num_threads: int | None = None) -> NDArray[np.int64]:
        """The most probable class of each row.

        Parameters
        ----------
        x : array of shape (n, input_dim)
        num_threads : int, optional

        Returns
        -------
        array of shape (n,)
        """
        x = like("predict", "x", x, "rows, columns", "the model", self._dtype)
        return np.asarray(self._logistic.predict(x, threads("predict", num_threads)))

    def __repr__(self) -> str:
        return (
            f"LogisticRegression of {self.num_classes} classes on {self._map!r}, "
            f"ridge={self.ridge!r}, intercept={self.intercept}, dtype={self._dtype.name}"
        )
