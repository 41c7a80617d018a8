# SPDX-License-Identifier: Apache-2.0
"""How far the predictions of ridge regression depend on the draw of the frequencies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bochner import _core
from bochner._archives import Kept, State
from bochner._arrays import ArrayLike, like, threads
from bochner._feature_errors import Resampling, resampling_options
from bochner._map import FeatureMap
from bochner._mapped import Mapped
from bochner._normal_equations import TARGET_AXES, NormalEquations, equations_of, with_axes
from bochner._options import dtype_of, flag, real

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self


class RidgeFeatureErrors(Mapped, Kept):
    """Ridge regression with the frequencies of other draws, imitated by the one there is.

    `feature_error` with predictions for results. The error says how far ``f(x)`` may be from the
    mean over draws; what the posterior variance says of the data stands beside it. One
    factorisation for each of the G groups of blocks that are left out (at most 64), or for each
    replicate, at the same W ridge: O(G D^3 / 3), G D t numbers. Immutable, safe to share between
    threads.

    Parameters
    ----------
    equations : NormalEquations
        The sums over the rows.
    ridge : float
        As of `RidgeRegression`.
    intercept : bool
    resampling, replicates, seed
        As `feature_error`.
    num_threads : int, optional

    Raises
    ------
    TypeError, ValueError
        As `RidgeRegression` and `feature_error`.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).uniform(0.0, 6.0, size=(300, 1))
    >>> sums = bo.NormalEquations(bo.FeatureMapSpec(1, 32, seed=1)).add(x, np.sin(x[:, 0]))
    >>> mean, error = bo.RidgeFeatureErrors(sums, ridge=1e-4).predict(x)
    >>> bool(np.all(error > 0) and np.median(error) < 0.1)
    True
    """

    __slots__ = ("_dtype", "_errors", "_map", "_vector")

    _errors: _core.RidgeErrors
    _vector: bool

    def __init__(
        self,
        equations: NormalEquations,
        *,
        ridge: float = 1e-6,
        intercept: bool = True,
        resampling: Resampling = "automatic",
        replicates: int = 200,
        seed: int = 0,
        num_threads: int | None = None,
    ) -> None:
        function = "RidgeFeatureErrors"
        held = _core.ridge_errors(
            equations_of(function, equations),
            real(function, "ridge", ridge),
            flag(function, "intercept", intercept),
            *resampling_options(function, resampling, replicates, seed),
            threads(function, num_threads),
        )
        self._hold(held, equations._vector, equations._map)

    def _hold(self, held: _core.RidgeErrors, is_vector: bool, map_: FeatureMap) -> None:
        self._errors = held
        self._vector = is_vector
        self._dtype = dtype_of(held.single)
        self._map = map_

    def _state(self) -> State:
        words, arrays = self._errors.save()
        return with_axes(words, self._vector), arrays

    @classmethod
    def _restored(cls, words: dict[str, str], arrays: dict[str, Any]) -> Self:
        held = _core.RidgeErrors.load(words, arrays)
        made = cls.__new__(cls)
        made._hold(held, words.get(TARGET_AXES) == "rows", FeatureMap(held.spec))
        return made

    @property
    def num_models(self) -> int:
        """Groups that are left out, or replicates."""
        return int(self._errors.num_models)

    @property
    def degrees_of_freedom(self) -> float:
        """Of every error."""
        return float(self._errors.degrees_of_freedom)

    def predict(
        self, x: ArrayLike, *, num_threads: int | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Predictions, and their standard errors over draws of the frequencies.

        O(n (m d + G D t)).

        Parameters
        ----------
        x : array of shape (n, input_dim)
            Of the dtype of the sums.
        num_threads : int, optional

        Returns
        -------
        prediction, error : array of shape (n,) or (n, num_targets)
            Vectors where the targets were given as one.

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            On shapes that do not match, and on NaN or infinity in `x`.
        """
        function = "predict"
        x = like(function, "x", x, "rows, columns", "the sums", self._dtype)
        out = np.empty((x.shape[0], self._errors.num_targets))
        error = np.empty_like(out)
        self._errors.predict(x, out, error, threads(function, num_threads))
        return (out[:, 0], error[:, 0]) if self._vector else (out, error)

    def __repr__(self) -> str:
        return f"RidgeFeatureErrors of {self.num_models} models on {self._map!r}"
