# SPDX-License-Identifier: Apache-2.0
"""Kernel ridge regression with random features."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

import numpy as np

from bochner import _core
from bochner._archives import Kept, State
from bochner._arrays import Array, ArrayLike, like, output, rows, targets, threads, vector
from bochner._map import FeatureMap, as_map
from bochner._options import flag, function_or_none, is_single, real, seed_of, whole, word
from bochner._results import Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import DTypeLike, NDArray
    from typing_extensions import Self

    from bochner._core.options import FeatureMapSpec

    Map: TypeAlias = FeatureMap | FeatureMapSpec | str

Posterior: TypeAlias = Literal["mean", "full"]
Solver: TypeAlias = Literal["automatic", "cholesky", "dual", "conjugate-gradients"]

_AXES = "target_axes"
"""The word that says whether targets are vectors, in what is saved from Python."""


def dtype_of(single: bool) -> np.dtype[Any]:
    """The dtype of a scalar."""
    return np.dtype(np.float32 if single else np.float64)


def optional_weights(function: str, weights: ArrayLike | None, dtype: DTypeLike) -> Array | None:
    """Weights of rows in the dtype of the rows, or None."""
    return None if weights is None else vector(function, "weights", weights, dtype)


def list_of(function: str, name: str, value: ArrayLike) -> list[float]:
    """Numbers as a list of floats."""
    numbers: list[float] = vector(function, name, value, np.float64).tolist()
    return numbers


def _with_axes(words: dict[str, str], is_vector: bool) -> dict[str, str]:
    return {**words, _AXES: "rows" if is_vector else "rows, targets"}


class NormalEquations(Kept):
    """The sums that ridge regression needs, whatever the number of rows.

    ``M = sum_i w_i z_i z_i.T`` of the rows ``z_i = [phi(x_i), y_i - target_offset, 1]``, of size
    ``(D + t + 1) ** 2``. A monoid: sums of parts, merged, are the sums of the whole, so rows may
    come in batches, from several processes, or from a file. `add` gives the same bits however rows
    are batched, for any number of threads. Safe to share between threads: calls on one object
    follow one another. Picklable.

    Parameters
    ----------
    map : FeatureMap, FeatureMapSpec or str
        The features, or what to draw.
    num_targets : int, optional
        Columns of the targets, t. Without it there is one target, given and predicted as a vector.
    target_offset : float or sequence of num_targets floats, optional
        Subtracted from the targets before anything is summed: something near their means, so that
        sums of squares of targets far from zero keep their digits. Results are in the targets' own
        units all the same.
    dtype : float64 or float32
        Of the rows and the features. Sums are in double in any case.

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        On options out of range.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.linspace(0.0, 6.0, 600)[:, None]
    >>> y = np.sin(x[:, 0])
    >>> sums = bo.NormalEquations(bo.FeatureMapSpec(1, 64, seed=1))
    >>> others = bo.NormalEquations(sums.map)
    >>> sums.add(x[:300], y[:300]).merge(others.add(x[300:], y[300:])).num_rows
    600
    >>> model = bo.RidgeRegression(sums, ridge=1e-8)
    >>> bool(np.abs(model.predict(x) - y).max() < 1e-3)
    True
    """

    __slots__ = ("_dtype", "_equations", "_map", "_vector")

    _dtype: np.dtype[Any]
    _equations: _core.Equations
    _map: FeatureMap
    _vector: bool

    def __init__(
        self,
        map: Map,  # noqa: A002
        *,
        num_targets: int | None = None,
        target_offset: float | ArrayLike | None = None,
        dtype: DTypeLike = np.float64,
    ) -> None:
        function = "NormalEquations"
        self._map = as_map(function, map)
        self._vector = num_targets is None
        single = is_single(function, dtype)
        self._dtype = dtype_of(single)
        if target_offset is None:
            offset: list[float] = []
        else:
            offset = list_of(function, "target_offset", np.atleast_1d(target_offset))
        self._equations = _core.Equations(
            self._map._map,
            single,
            1 if num_targets is None else whole(function, "num_targets", num_targets, 1, 2**31),
            offset,
        )

    def _state(self) -> State:
        words, arrays = self._equations.save()
        return _with_axes(words, self._vector), arrays

    @classmethod
    def _restored(cls, words: dict[str, str], arrays: dict[str, Any]) -> Self:
        sums = cls.__new__(cls)
        sums._equations = _core.Equations.load(words, arrays)
        sums._map = FeatureMap(sums._equations.spec)
        sums._dtype = dtype_of(words["scalar"] == "float")
        sums._vector = words.get(_AXES) == "rows"
        return sums

    @property
    def map(self) -> FeatureMap:
        """The features."""
        return self._map

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the rows and the features."""
        return self._dtype

    @property
    def num_features(self) -> int:
        """Columns of the features, D."""
        return self._map.num_features

    @property
    def num_targets(self) -> int:
        """Columns of the targets, t."""
        return int(self._equations.num_targets)

    @property
    def target_offset(self) -> NDArray[np.float64]:
        """What is subtracted from the targets, t numbers."""
        offset = np.array(self._equations.target_offset)
        return offset if offset.size else np.zeros(self.num_targets)

    @property
    def num_rows(self) -> int:
        """Rows of positive weight."""
        return int(self._equations.num_rows)

    @property
    def log_weights(self) -> float:
        """Sum of ln w_i over them, which the evidence needs."""
        return float(self._equations.log_weights)

    def add(
        self,
        x: ArrayLike,
        y: ArrayLike,
        *,
        weights: ArrayLike | None = None,
        num_threads: int | None = None,
    ) -> NormalEquations:
        """Append rows, all of them or none.

        O(n (D^2 + m d)). A call that takes long works on a copy of the sums, so that one that is
        interrupted or refused leaves them as they were.

        Parameters
        ----------
        x : array of shape (n, input_dim)
            Of the dtype of these equations.
        y : array of shape (n,) or (n, num_targets)
            float32 or float64, within 1e152 of `target_offset`.
        weights : vector of n numbers, optional
            Relative precisions from 0 to 1e100; a row of weight zero is as good as absent.
        num_threads : int, optional

        Returns
        -------
        NormalEquations
            This.

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            On shapes that do not match, NaN or infinity (naming row and column), a weight or target
            out of range, and a row that is too long for the map.
        """
        x = like("add", "x", x, "rows, columns", "the equations", self._dtype)
        self._equations.add(
            x,
            targets("add", "y", y),
            optional_weights("add", weights, self._dtype),
            threads("add", num_threads),
        )
        return self

    def _same(self, function: str, other: NormalEquations) -> _core.Equations:
        if not isinstance(other, NormalEquations):
            raise TypeError(
                f"{function}: other is {type(other).__name__}, expected NormalEquations"
            )
        if other._dtype != self._dtype:
            raise TypeError(
                f"{function}: other has dtype {other._dtype}, expected {self._dtype}, that of these"
            )
        return other._equations

    def merge(self, other: NormalEquations, *, num_threads: int | None = None) -> NormalEquations:
        """Add the sums of `other`, as if its rows had been appended.

        Bit for bit when this holds a whole number of blocks of 256 rows and the sums are exact, to
        rounding (1e-12) otherwise.

        Parameters
        ----------
        other : NormalEquations
            Of the same map and options.
        num_threads : int, optional

        Returns
        -------
        NormalEquations
            This.

        Raises
        ------
        ValueError
            When maps or options differ.
        """
        self._equations.merge(self._same("merge", other), threads("merge", num_threads))
        return self

    def subtract(
        self, other: NormalEquations, *, num_threads: int | None = None
    ) -> NormalEquations:
        """Take the sums of `other` away again, to rounding.

        Parameters
        ----------
        other : NormalEquations
            Of the same map and options.
        num_threads : int, optional

        Returns
        -------
        NormalEquations
            This.

        Raises
        ------
        ValueError
            When maps or options differ, or when `other` has more rows.
        """
        self._equations.subtract(self._same("subtract", other), threads("subtract", num_threads))
        return self

    def moments(self, *, num_threads: int | None = None) -> NDArray[np.float64]:
        """M: features, then targets, then the constant.

        Returns
        -------
        array of shape (D + t + 1, D + t + 1)
        """
        columns = self.num_features + self.num_targets + 1
        out = np.empty((columns, columns))
        self._equations.moments(out, threads("moments", num_threads))
        return out

    def __repr__(self) -> str:
        return (
            f"NormalEquations({self._map!r}, num_targets="
            f"{None if self._vector else self.num_targets}, dtype={self._dtype.name}) "
            f"of {self.num_rows} rows"
        )


def _require_equations(function: str, equations: NormalEquations) -> _core.Equations:
    if not isinstance(equations, NormalEquations):
        raise TypeError(
            f"{function}: equations is {type(equations).__name__}, expected NormalEquations"
        )
    return equations._equations


class RidgeRegression(Kept):
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

    __slots__ = ("_dtype", "_map", "_options", "_ridge", "_vector")

    _dtype: np.dtype[Any]
    _map: FeatureMap
    _options: dict[str, Any]
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
            _require_equations(function, equations),
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
        return _with_axes(words, self._vector), arrays

    @classmethod
    def _restored(cls, words: dict[str, str], arrays: dict[str, Any]) -> Self:
        return cls._of(_core.Ridge.load(words, arrays), words.get(_AXES) == "rows")

    @staticmethod
    def from_coefficients(
        map: Map,  # noqa: A002
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
        map : FeatureMap, FeatureMapSpec or str
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
        map_ = as_map(function, map)
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
    def map(self) -> FeatureMap:
        """The features."""
        return self._map

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the rows and the features."""
        return self._dtype

    @property
    def ridge(self) -> float:
        """The penalty."""
        return float(self._options["ridge"])

    @property
    def intercept(self) -> bool:
        """Whether a constant was fitted."""
        return bool(self._options["intercept"])

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


@dataclasses.dataclass(frozen=True, eq=False)
class RidgePath(Result):
    """What every ridge would do, from one factorisation: one entry for each.

    Where the system is singular in double precision, residuals are NaN, `gcv` is infinite and
    `log_evidence` minus infinity.

    Attributes
    ----------
    ridge : array of shape (r,)
    residuals : array of shape (r, num_targets)
        Weighted residual sums of squares.
    degrees_of_freedom : array of shape (r,)
        ``sum_j e_j / (e_j + W ridge)`` over the eigenvalues, plus one for an intercept.
    gcv : array of shape (r,)
        Generalised cross-validation, ``n RSS / (n - df)^2``, mean over the targets. Where rows come
        in groups it rewards memorising them: choose by `cross_validate`.
    log_evidence : array of shape (r,)
        Log marginal likelihood at the noise variance that maximises it, sum over the targets:
        comparable between maps and ridges on the same rows.
    """

    ridge: NDArray[np.float64]
    residuals: NDArray[np.float64]
    degrees_of_freedom: NDArray[np.float64]
    gcv: NDArray[np.float64]
    log_evidence: NDArray[np.float64]

    def _columns(self) -> dict[str, Any]:
        members = self.to_dict()
        residuals = members.pop("residuals")
        if residuals.shape[1] == 1:
            return {"ridge": members.pop("ridge"), "residuals": residuals[:, 0], **members}
        columns = {f"residuals_{c}": residuals[:, c] for c in range(residuals.shape[1])}
        return {"ridge": members.pop("ridge"), **columns, **members}


def arrays_of(members: dict[str, Any]) -> dict[str, Any]:
    """Lists of numbers as arrays."""
    return {
        name: np.array(value, np.float64) if isinstance(value, list) else value
        for name, value in members.items()
    }


def ridge_path(
    equations: NormalEquations,
    ridges: ArrayLike,
    *,
    intercept: bool = True,
    num_threads: int | None = None,
) -> RidgePath:
    """Residuals, degrees of freedom, GCV and evidence for each of `ridges`.

    4/3 D^3 operations once, then O(D) per ridge.

    Parameters
    ----------
    equations : NormalEquations
    ridges : vector of numbers from 0 to 1e100
        In any order, such as ``np.geomspace(1e-9, 1, 28)``.
    intercept : bool
    num_threads : int, optional

    Returns
    -------
    RidgePath

    Raises
    ------
    ValueError
        On a ridge out of range, without ridges or without a row of positive weight.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.linspace(0.0, 6.0, 300)[:, None]
    >>> sums = bo.NormalEquations(bo.FeatureMapSpec(1, 32, seed=1)).add(x, np.sin(x[:, 0]))
    >>> path = bo.ridge_path(sums, np.geomspace(1e-6, 1.0, 4))
    >>> bool((np.diff(path.degrees_of_freedom) < 0).all())
    True
    """
    found = _core.ridge_path(
        _require_equations("ridge_path", equations),
        list_of("ridge_path", "ridges", ridges),
        flag("ridge_path", "intercept", intercept),
        threads("ridge_path", num_threads),
    )
    return RidgePath(**arrays_of(found))


def ridge_leverage(
    equations: NormalEquations,
    ridge: float,
    *,
    intercept: bool = True,
    num_threads: int | None = None,
) -> NDArray[np.float64]:
    """How much each feature takes part in a ridge solution.

    The diagonal of ``A (A + W ridge I)^-1``, each in [0, 1). Without an intercept their sum is the
    effective degrees of freedom; with one, one less. O(D^3).

    Parameters
    ----------
    equations : NormalEquations
    ridge : float
    intercept : bool
    num_threads : int, optional

    Returns
    -------
    array of shape (num_features,)

    Raises
    ------
    ValueError
        As `RidgeRegression`.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.linspace(0.0, 6.0, 300)[:, None]
    >>> sums = bo.NormalEquations(bo.FeatureMapSpec(1, 32, seed=1)).add(x, np.sin(x[:, 0]))
    >>> scores = bo.ridge_leverage(sums, 1e-3)
    >>> scores.shape, bool((scores >= 0).all() and (scores < 1).all())
    ((64,), True)
    """
    return np.array(
        _core.ridge_leverage(
            _require_equations("ridge_leverage", equations),
            real("ridge_leverage", "ridge", ridge),
            flag("ridge_leverage", "intercept", intercept),
            threads("ridge_leverage", num_threads),
        )
    )


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
    map: Map,  # noqa: A002
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
    on_iteration: Callable[[int, float], object] | None = None,
    num_threads: int | None = None,
) -> RidgeFit:
    """Ridge regression by whatever solver suits the problem.

    Parameters
    ----------
    map : FeatureMap, FeatureMapSpec or str
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
    on_iteration : callable, optional
        Called with the number of iterations and the residual; what it raises ends the fit.
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
    drawn = as_map(function, map)
    x = rows(function, "x", x)
    y = targets(function, "y", y)
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
        function_or_none(function, "on_iteration", on_iteration),
        threads(function, num_threads),
    )
    return RidgeFit(RidgeRegression._of(model, y.ndim == 1, drawn), FitReport(**report))
