# SPDX-License-Identifier: Apache-2.0
"""Sets of classes that hold that of a new row, with a given probability."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from bochner import _core
from bochner._archives import Kept, State
from bochner._arrays import ArrayLike, integers, like, optional_weights, rows, threads
from bochner._folds import Folds, folds_of
from bochner._logistic import count_classes
from bochner._map import FeatureMap, Map, as_map
from bochner._mapped import Mapped
from bochner._options import dtype_of, flag, fraction, one_of, real, whole

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self


class LabelSets(Mapped, Kept):
    """Classifiers that have not seen a row, and how well the row's own class did with them.

    With ``s_c^(-i)(x)`` the score of class c in the classifier fitted without the fold of row i,
    class c has the p-value ``p_c(x) = 1 - sum_i w_i [s_c^(-i)(x) < s_(c_i)^(-i)(x_i)]``, and the
    set of level ``1 - alpha`` holds the classes with ``p_c(x) > alpha``: CV+ (Romano, Sesia and
    Candes 2020), with the score of the least ambiguous sets (Sadinle, Lei and Wasserman 2019).
    ``w_i = 1 / ((U + 1) n_u)`` for a row of a unit of n_u rows, of U units, as in
    `PredictionIntervals`, with the same coverage: about ``1 - alpha``, at least ``1 - 2 alpha``
    less a term of order ``sqrt(2 / U)``. A set may be empty: no class looks like those of the
    level's rows. Immutable, safe to share between threads, picklable.

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
    folds : Folds or int
        Which rows are left out together; a number means `row_folds`.
    seed : int
        Of the folds, where they are a number.
    weights : vector of n numbers, optional
        Relative precisions from 0 to 1e100.
    objective : {"logistic", "squared"}
        What is fitted, once for each fold: logistic regression, whose scores are probabilities, or
        least squares on `class_targets`.
    ridge : float
        Beside the mean over all rows: every fit has the same ``W ridge``.
    intercept : bool
    tolerance, max_steps
        Of logistic regression: see `LogisticRegression`.
    num_threads : int, optional

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        On rows, labels and options as `LogisticRegression`, and on folds as `cross_validate`.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.linspace(0.0, 3.0, 300)[:, None]
    >>> sets = bo.LabelSets(bo.FeatureMapSpec(1, 32, seed=1), x, np.arange(300) // 100, ridge=1e-3)
    >>> sets.predict(np.array([[0.5], [1.5], [2.5]]), 0.9)
    array([[ True, False, False],
           [False,  True, False],
           [False, False,  True]])
    """

    __slots__ = ("_dtype", "_map", "_sets")

    _sets: _core.LabelSets

    def __init__(
        self,
        feature_map: Map,
        x: ArrayLike,
        labels: ArrayLike,
        *,
        num_classes: int | None = None,
        folds: Folds | int = 10,
        seed: int = 0,
        weights: ArrayLike | None = None,
        objective: Literal["logistic", "squared"] = "logistic",
        ridge: float = 1e-6,
        intercept: bool = True,
        tolerance: float = 1e-6,
        max_steps: int = 50,
        num_threads: int | None = None,
    ) -> None:
        function = "LabelSets"
        drawn = as_map(function, feature_map)
        x = rows(function, "x", x)
        labels = integers(function, "labels", labels, "entries")
        used = folds_of(function, folds, x.shape[0], seed)
        data = (
            drawn._map,
            x,
            labels,
            optional_weights(function, weights, x.dtype),
            count_classes(function, labels, num_classes),
            used.count,
            used.fold,
            used.unit,
            used.num_units,
            real(function, "ridge", ridge),
            flag(function, "intercept", intercept),
        )
        steps = (
            real(function, "tolerance", tolerance),
            whole(function, "max_steps", max_steps, 0),
        )
        if one_of(function, "objective", objective, ("logistic", "squared")) == "logistic":
            held = _core.logistic_label_sets(*data, *steps, threads(function, num_threads))
        else:
            held = _core.squared_label_sets(*data, threads(function, num_threads))
        self._hold(held, drawn)

    def _hold(self, held: _core.LabelSets, map_: FeatureMap) -> None:
        self._sets = held
        self._dtype = dtype_of(held.single)
        self._map = map_

    def _state(self) -> State:
        words, arrays = self._sets.save()
        return words, arrays

    @classmethod
    def _restored(cls, words: dict[str, str], arrays: dict[str, Any]) -> Self:
        held = _core.LabelSets.load(words, arrays)
        made = cls.__new__(cls)
        made._hold(held, FeatureMap(held.spec))
        return made

    @property
    def num_classes(self) -> int:
        """Columns of the p-values."""
        return int(self._sets.num_classes)

    @property
    def num_rows(self) -> int:
        """Rows of positive weight: those whose scores are kept."""
        return int(self._sets.num_rows)

    @property
    def num_models(self) -> int:
        """Folds."""
        return int(self._sets.num_models)

    @property
    def scored_by(self) -> Literal["output", "probability"]:
        """What a class is judged by: the output of least squares, or its probability."""
        return cast('Literal["output", "probability"]', self._sets.scored_by)

    def p_values(self, x: ArrayLike, *, num_threads: int | None = None) -> NDArray[np.float64]:
        """The p-value of every class, from ``1 / (U + 1)`` to 1.

        ``O(D k c + k c log(n / k))`` per row, k models and c classes.

        Parameters
        ----------
        x : array of shape (n, input_dim)
            Of the dtype of the rows that were fitted.
        num_threads : int, optional

        Returns
        -------
        array of shape (n, num_classes)

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            On shapes that do not match, and on NaN or infinity in `x`.
        """
        function = "p_values"
        x = like(function, "x", x, "rows, columns", "the model", self.dtype)
        out = np.empty((x.shape[0], self.num_classes))
        self._sets.p_values(x, out, threads(function, num_threads))
        return out

    def predict(
        self, x: ArrayLike, level: float = 0.9, *, num_threads: int | None = None
    ) -> NDArray[np.bool_]:
        """Which classes are in each row's set.

        Parameters
        ----------
        x : array of shape (n, input_dim)
        level : float
            Between 0 and 1.
        num_threads : int, optional

        Returns
        -------
        bool array of shape (n, num_classes)

        Raises
        ------
        TypeError, ValueError
            As `p_values`, and on a level out of range.
        """
        function = "predict"
        x = like(function, "x", x, "rows, columns", "the model", self.dtype)
        out = np.zeros((x.shape[0], self.num_classes))
        self._sets.members(
            x, fraction(function, "level", level), out, threads(function, num_threads)
        )
        return np.asarray(out == 1.0)

    def __repr__(self) -> str:
        return (
            f"LabelSets of {self.num_classes} classes on {self._map!r}, {self.num_rows} rows, "
            f"{self.num_models} models, scored_by={self.scored_by!r}, dtype={self.dtype.name}"
        )
