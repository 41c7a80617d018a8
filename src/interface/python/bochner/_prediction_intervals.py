# SPDX-License-Identifier: Apache-2.0
"""Intervals for the target of a new row, without assumptions on the noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bochner import _core
from bochner._archives import Kept, State
from bochner._arrays import ArrayLike, like, optional_weights, rows, targets, threads
from bochner._folds import Folds, folds_of
from bochner._map import FeatureMap, Map, as_map
from bochner._mapped import Mapped
from bochner._normal_equations import TARGET_AXES, with_axes
from bochner._options import dtype_of, flag, fraction, real

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self


class PredictionIntervals(Mapped, Kept):
    """What ridge regression is wrong by on rows it has not seen, and intervals made of that.

    With ``f^(-i)`` fitted without the unit of row i (and its fold) and ``R_i = |y_i -
    f^(-i)(x_i)|``, the interval of level ``1 - alpha`` is ``[-q(R_i - f^(-i)(x)), q(R_i +
    f^(-i)(x))]``, q the smallest number that a share ``1 - alpha`` of the rows does not exceed. Row
    i of unit u counts ``1 / ((U + 1) n_u)``, U units of n_u rows; ``1 / (U + 1)`` is left for the
    unit of x, infinitely far.

    If units are exchangeable with that of x, the target lies inside with probability at least ``1 -
    2 alpha`` for whatever law of the rows (less a term of order ``sqrt(2 / U)`` with few folds),
    and ``1 - alpha`` or close to it in practice: jackknife+ and CV+ (Barber, Candes, Ramdas and
    Tibshirani 2021), for groups Lee, Barber and Willett 2023. Kernel and ridge count as given. The
    probability is over rows, not given x. Immutable, safe to share between threads, picklable.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
        The features, or what to draw.
    x : array of shape (n, input_dim)
        float32 or float64.
    y : array of shape (n,) or (n, num_targets)
        With a vector, intervals are vectors.
    folds : Folds or int, optional
        Which rows are left out together; a number means `row_folds`. With `group_folds` whole
        groups are left out, and a new row is one of a new group. Without folds every row is left
        out by the closed form, and n models are kept, ``n D t`` numbers: for thousands of rows.
    seed : int
        Of the folds, where they are a number.
    weights : vector of n numbers, optional
        Relative precisions from 0 to 1e100. A row of weight zero is as good as absent; otherwise
        they matter for the fits only.
    ridge : float
        Beside the mean squared error of all rows: every fit has the same ``W ridge``.
    intercept : bool
    num_threads : int, optional

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        On rows and folds as `cross_validate`, on options as `RidgeRegression`, with fewer than two
        units of positive weight and, without folds, for a row that alone decides its own
        prediction.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> rng = np.random.default_rng(0)
    >>> x = rng.uniform(0.0, 6.0, size=(500, 1))
    >>> y = np.sin(x[:, 0]) + 0.1 * rng.standard_t(3, size=500)
    >>> spec = bo.FeatureMapSpec(1, 32, seed=1)
    >>> intervals = bo.PredictionIntervals(spec, x[:400], y[:400], ridge=1e-4)
    >>> lower, upper = intervals.predict(x[400:], 0.9)
    >>> bool(0.8 < np.mean((lower <= y[400:]) & (y[400:] <= upper)) < 1.0)
    True
    """

    __slots__ = ("_dtype", "_intervals", "_map", "_vector")

    _intervals: _core.Intervals
    _vector: bool

    def __init__(
        self,
        feature_map: Map,
        x: ArrayLike,
        y: ArrayLike,
        *,
        folds: Folds | int | None = None,
        seed: int = 0,
        weights: ArrayLike | None = None,
        ridge: float = 1e-6,
        intercept: bool = True,
        num_threads: int | None = None,
    ) -> None:
        function = "PredictionIntervals"
        drawn = as_map(function, feature_map)
        x = rows(function, "x", x)
        y = targets(function, "y", y)
        data = (drawn._map, x, y, optional_weights(function, weights, x.dtype))
        options = (
            real(function, "ridge", ridge),
            flag(function, "intercept", intercept),
            threads(function, num_threads),
        )
        if folds is None:
            held = _core.leave_rows_out(*data, *options)
        else:
            used = folds_of(function, folds, x.shape[0], seed)
            held = _core.leave_folds_out(
                *data, used.count, used.fold, used.unit, used.num_units, *options
            )
        self._hold(held, y.ndim == 1, drawn)

    def _hold(self, held: _core.Intervals, is_vector: bool, map_: FeatureMap) -> None:
        self._intervals = held
        self._vector = is_vector
        self._dtype = dtype_of(held.single)
        self._map = map_

    def _state(self) -> State:
        words, arrays = self._intervals.save()
        return with_axes(words, self._vector), arrays

    @classmethod
    def _restored(cls, words: dict[str, str], arrays: dict[str, Any]) -> Self:
        held = _core.Intervals.load(words, arrays)
        made = cls.__new__(cls)
        made._hold(held, words.get(TARGET_AXES) == "rows", FeatureMap(held.spec))
        return made

    @property
    def num_targets(self) -> int:
        """Targets, each with intervals by itself."""
        return int(self._intervals.num_targets)

    @property
    def num_rows(self) -> int:
        """Rows of positive weight: those whose residuals are kept."""
        return int(self._intervals.num_rows)

    @property
    def num_models(self) -> int:
        """Rows, or folds."""
        return int(self._intervals.num_models)

    @property
    def highest_level(self) -> float:
        """The highest level whose intervals are finite, ``U / (U + 1)``."""
        return float(self._intervals.highest_level)

    def predict(
        self, x: ArrayLike, level: float = 0.9, *, num_threads: int | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The interval of the targets of each row.

        It may lie beside the prediction of the model of all rows. ``O(D k t + k t log(n / k))`` per
        row, k models.

        Parameters
        ----------
        x : array of shape (n, input_dim)
            Of the dtype of the rows that were fitted.
        level : float
            Between 0 and 1.
        num_threads : int, optional

        Returns
        -------
        lower, upper : array of shape (n,) or (n, num_targets)
            Vectors where the targets were given as one; infinite for a level above `highest_level`.

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            On shapes that do not match, NaN or infinity in `x`, and a level out of range.
        """
        function = "predict"
        x = like(function, "x", x, "rows, columns", "the model", self.dtype)
        lower = np.empty((x.shape[0], self.num_targets))
        upper = np.empty_like(lower)
        self._intervals.predict(
            x, fraction(function, "level", level), lower, upper, threads(function, num_threads)
        )
        return (lower[:, 0], upper[:, 0]) if self._vector else (lower, upper)

    def __repr__(self) -> str:
        return (
            f"PredictionIntervals of {self.num_targets} target{'s' * (self.num_targets != 1)} on "
            f"{self._map!r}, {self.num_rows} rows, {self.num_models} models, "
            f"dtype={self.dtype.name}"
        )
