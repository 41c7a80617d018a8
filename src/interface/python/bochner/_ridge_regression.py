# SPDX-License-Identifier: Apache-2.0
"""Kernel ridge regression with random features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

import numpy as np

from bochner import _core
from bochner._arrays import (
    Array,
    ArrayLike,
    like,
    list_of,
    optional_weights,
    output,
    targets,
    threads,
)
from bochner._linear_model import LinearModel
from bochner._map import FeatureMap, Map, as_map
from bochner._normal_equations import TARGET_AXES, NormalEquations, equations_of, with_axes
from bochner._options import dtype_of, flag, is_single, real, seed_of, whole, word

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray
    from typing_extensions import Self

    from bochner._archives import State

Posterior: TypeAlias = Literal["mean", "full"]


class RidgeRegression(LinearModel):
    """Linear ridge regression in feature space: kernel ridge with a random-feature kernel.

    ``f(x) = theta . phi(x) + intercept``, one theta per target, minimising ``sum_i w_i (y_i -
    f(x_i))^2 + W ridge |theta|^2`` with ``W = sum_i w_i``. As a Bayesian model ``theta ~ N(0, tau^2
    I)`` with ``W ridge = sigma^2 / tau^2``, a flat prior on the intercept, noise of variance
    ``sigma^2 / w_i``. Immutable, safe to share between threads, picklable.

    The normal equations are solved by Cholesky factorisation: D^3 / 3 operations, the same bits for
    any number of threads.

    Parameters
    ----------
    equations : NormalEquations
        The sums over the rows.
    ridge : float
        The penalty beside the *mean* squared error, so that it means the same for any number of
        rows: scikit-learn's alpha is `ridge` times the number of rows.
    intercept : bool
        Whether a constant is fitted beside the features, and not penalised.
    posterior : {"mean", "full"}
        What is kept: the coefficients, or also the Cholesky factor, D^2 numbers, which variances,
        samples and leave-one-out residuals need.
    num_threads : int, optional

    Raises
    ------
    ValueError
        On options out of range, without a row of positive weight, and when the matrix is singular
        in double precision (which a ridge of 0 makes of more features than rows): no minimum-norm
        solution takes its place.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.linspace(0.0, 10.0, 1000)[:, None]
    >>> sums = bo.NormalEquations(bo.FeatureMapSpec(1, 64, seed=1)).add(x, np.sin(x[:, 0]))
    >>> model = bo.RidgeRegression(sums, ridge=1e-6, posterior="full")
    >>> mean, std = model.predict(x[:5], return_std=True)
    >>> mean.shape, std.shape
    ((5,), (5,))
    """

    __slots__ = ("_ridge", "_vector")

    _ridge: _core.Ridge
    _vector: bool

    def __init__(
        self,
        equations: NormalEquations,
        *,
        ridge: float = 1e-6,
        intercept: bool = True,
        posterior: Posterior = "mean",
        num_threads: int | None = None,
    ) -> None:
        function = "RidgeRegression"
        solved = _core.solve_ridge(
            equations_of(function, equations),
            real(function, "ridge", ridge),
            flag(function, "intercept", intercept),
            word(function, "posterior", posterior),
            threads(function, num_threads),
        )
        self._hold(solved, equations._vector, equations._map)

    def _hold(self, ridge: _core.Ridge, is_vector: bool, map_: FeatureMap | None = None) -> None:
        self._ridge = ridge
        self._options = ridge.options
        self._dtype = dtype_of(ridge.single)
        self._map = FeatureMap(ridge.spec) if map_ is None else map_
        self._vector = is_vector

    @classmethod
    def _of(cls, ridge: _core.Ridge, is_vector: bool, map_: FeatureMap | None = None) -> Self:
        model = cls.__new__(cls)
        model._hold(ridge, is_vector, map_)
        return model

    def _state(self) -> State:
        words, arrays = self._ridge.save()
        return with_axes(words, self._vector), arrays

    @classmethod
    def _restored(cls, words: dict[str, str], arrays: dict[str, Any]) -> Self:
        return cls._of(_core.Ridge.load(words, arrays), words.get(TARGET_AXES) == "rows")

    @staticmethod
    def from_coefficients(
        feature_map: Map,
        coefficients: ArrayLike,
        *,
        intercepts: ArrayLike | None = None,
        noise_variances: ArrayLike | None = None,
        ridge: float = 1e-6,
        intercept: bool = True,
        dtype: DTypeLike = np.float64,
    ) -> RidgeRegression:
        """A model of coefficients found elsewhere; its posterior is the mean only.

        Parameters
        ----------
        feature_map : FeatureMap, FeatureMapSpec or str
        coefficients : array of shape (num_features,) or (num_features, t)
            With a vector, predictions are vectors.
        intercepts : t numbers, optional
            Without them, zeros.
        noise_variances : t numbers, optional
            Without them, zeros.
        ridge : float
        intercept : bool
            What is said of how they were found.
        dtype : float64 or float32
            Of the rows and the features.

        Returns
        -------
        RidgeRegression

        Raises
        ------
        ValueError
            On shapes that do not match and numbers that are not finite.
        """
        function = "from_coefficients"
        map_ = as_map(function, feature_map)
        theta = targets(function, "coefficients", coefficients).astype(np.float64, copy=False)
        count = 1 if theta.ndim == 1 else theta.shape[1]

        def per_target(name: str, value: ArrayLike | None) -> list[float]:
            return [0.0] * count if value is None else list_of(function, name, value)

        made = _core.ridge_of(
            map_._map,
            is_single(function, dtype),
            real(function, "ridge", ridge),
            flag(function, "intercept", intercept),
            theta,
            per_target("intercepts", intercepts),
            per_target("noise_variances", noise_variances),
        )
        return RidgeRegression._of(made, theta.ndim == 1, map_)

    @property
    def posterior(self) -> Posterior:
        """What was kept of it."""
        kept: Posterior = self._options["posterior"]
        return kept

    @property
    def num_targets(self) -> int:
        """Columns of the outputs, t."""
        return int(self.intercepts.shape[0])

    @property
    def coefficients(self) -> NDArray[np.float64]:
        """A copy of theta, of shape (num_features, num_targets)."""
        return np.asarray(self._ridge.coefficients())

    @property
    def intercepts(self) -> NDArray[np.float64]:
        """A copy of the constants, of shape (num_targets,)."""
        return np.asarray(self._ridge.intercepts())

    @property
    def noise_variances(self) -> NDArray[np.float64]:
        """sigma^2 per target, where the evidence is highest, of shape (num_targets,)."""
        return np.asarray(self._ridge.noise_variances())

    def _shape(self, count: int) -> tuple[int, ...]:
        return (count,) if self._vector else (count, self.num_targets)

    @overload
    def predict(
        self,
        x: ArrayLike,
        *,
        return_std: Literal[False] = ...,
        return_variance: Literal[False] = ...,
        out: Array | None = ...,
        num_threads: int | None = ...,
    ) -> Array: ...
    @overload
    def predict(
        self,
        x: ArrayLike,
        *,
        return_std: Literal[True],
        return_variance: Literal[False] = ...,
        out: Array | None = ...,
        num_threads: int | None = ...,
    ) -> tuple[Array, NDArray[np.float64]]: ...
    @overload
    def predict(
        self,
        x: ArrayLike,
        *,
        return_std: Literal[False] = ...,
        return_variance: Literal[True],
        out: Array | None = ...,
        num_threads: int | None = ...,
    ) -> tuple[Array, NDArray[np.float64]]: ...
    def predict(
        self,
        x: ArrayLike,
        *,
        return_std: bool = False,
        return_variance: bool = False,
        out: Array | None = None,
        num_threads: int | None = None,
    ) -> Array | tuple[Array, NDArray[np.float64]]:
        """Outputs for the rows of `x`, and how far they may be off.

        O(n (m d + D t)); with variances O(n D^2). Summed in double whatever the dtype.

        Parameters
        ----------
        x : array of shape (n, input_dim)
            Of the dtype of this model.
        return_std, return_variance : bool
            Whether to return, beside the outputs, the posterior's standard deviation or variance of
            f(x), without the noise of an observation. At most one of them; for posterior="full".
        out : array of shape (n,) or (n, num_targets), optional
            Where to write, in either dtype: float64 keeps the digits of targets far from zero.
        num_threads : int, optional

        Returns
        -------
        out : array of shape (n,) or (n, num_targets)
            A vector where the targets were given as one; of the dtype of `x` unless `out` says.
        std or variance : float64 array of the same shape
            Only where asked for.

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            On shapes that do not match, overlap, NaN or infinity in `x`, a prediction that the
            dtype cannot hold, and on variances without a full posterior.
        """
        function = "predict"
        x = like(function, "x", x, "rows, columns", "the model", self._dtype)
        shape = self._shape(x.shape[0])
        dtype: DTypeLike = x.dtype
        if isinstance(out, np.ndarray) and out.dtype in (np.float32, np.float64):
            dtype = out.dtype
        out = output(function, out, shape, dtype)
        used = threads(function, num_threads)
        std = flag(function, "return_std", return_std)
        variance = flag(function, "return_variance", return_variance)
        if std and variance:
            raise ValueError(f"{function}: return_std and return_variance, expected one of them")
        if not (std or variance):
            self._ridge.predict(x, out, used)
            return out
        spread = np.empty(shape)
        self._ridge.predict_with_variance(x, out, spread, used)
        return out, np.sqrt(spread, out=spread) if std else spread

    def sample(
        self, count: int, *, seed: int = 0, target: int = 0, num_threads: int | None = None
    ) -> RidgeRegression:
        """Functions drawn from the posterior, as the outputs of one model.

        ``theta + sigma R^-1 xi``, xi normal from `seed`. Each is a function, consistent over all
        inputs, not a set of values. O(D^2 count).

        Parameters
        ----------
        count : int
            Functions to draw.
        seed : int
        target : int
            The target whose posterior it is.
        num_threads : int, optional

        Returns
        -------
        RidgeRegression
            With `count` outputs.

        Raises
        ------
        ValueError
            When the posterior is the mean only.
        """
        drawn = self._ridge.sample(
            whole("sample", "target", target, 0),
            whole("sample", "count", count, 1),
            seed_of("sample", seed),
            threads("sample", num_threads),
        )
        return RidgeRegression._of(drawn, False, self._map)

    def leave_one_out(
        self,
        x: ArrayLike,
        y: ArrayLike,
        *,
        weights: ArrayLike | None = None,
        num_threads: int | None = None,
    ) -> NDArray[np.float64]:
        """``y_i`` minus the prediction of the model fitted without row i, at the same W ridge.

        ``r_i / (1 - h_i)`` with the leverage h_i, for the rows the model was fitted to; infinite
        for a row that alone decides its own prediction. O(n D^2).

        Parameters
        ----------
        x : array of shape (n, input_dim)
        y : array of shape (n,) or (n, num_targets)
        weights : vector of n numbers, optional
        num_threads : int, optional

        Returns
        -------
        array of the shape of `y`

        Raises
        ------
        ValueError
            As `predict` with variances.
        """
        function = "leave_one_out"
        x = like(function, "x", x, "rows, columns", "the model", self._dtype)
        y = targets(function, "y", y)
        residual = np.empty((x.shape[0],) if y.ndim == 1 else (x.shape[0], y.shape[1]))
        self._ridge.leave_one_out(
            x,
            y,
            optional_weights(function, weights, self._dtype),
            residual,
            threads(function, num_threads),
        )
        return residual

    def __repr__(self) -> str:
        return (
            f"RidgeRegression of {self.num_targets} target{'s' * (self.num_targets != 1)} on "
            f"{self._map!r}, ridge={self.ridge!r}, intercept={self.intercept}, "
            f"posterior={self.posterior!r}, dtype={self._dtype.name}"
        )
