# SPDX-License-Identifier: Apache-2.0
"""The sums that ridge regression needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bochner import _core
from bochner._archives import Kept, State, archive_of
from bochner._arrays import ArrayLike, like, list_of, optional_weights, targets, threads
from bochner._map import FeatureMap, Map, as_map
from bochner._mapped import Mapped
from bochner._options import dtype_of, is_single, path, real, whole

if TYPE_CHECKING:
    import os

    from numpy.typing import DTypeLike, NDArray
    from typing_extensions import Self

TARGET_AXES = "target_axes"
"""The word that says whether targets are vectors, in what is saved from Python."""


def with_axes(words: dict[str, str], is_vector: bool) -> dict[str, str]:
    """What is saved, with the word for the axes of targets."""
    return {**words, TARGET_AXES: "rows" if is_vector else "rows, targets"}


class NormalEquations(Mapped, Kept):
    """The sums that ridge regression needs, whatever the number of rows.

    ``M = sum_i w_i z_i z_i.T`` of the rows ``z_i = [phi(x_i), y_i - target_offset, 1]``, of size
    ``(D + t + 1) ** 2``. A monoid: sums of parts, merged, are the sums of the whole, so rows may
    come in batches, from several processes, or from a file. `add` gives the same bits however rows
    are batched, for any number of threads. Safe to share between threads: calls on one object
    follow one another. Picklable.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
        The features, or what to draw.
    num_targets : int, optional
        Columns of the targets, t. Without it there is one target, given and predicted as a vector.
    target_offset : float or sequence of num_targets floats, optional
        Subtracted from the targets before anything is summed: something near their means, so that
        sums of squares of targets far from zero keep their digits. Results are in the targets' own
        units all the same, and the same but for rounding: without an intercept ``theta . phi`` is
        fitted to the targets themselves, not to what the offset leaves of them.
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
    >>> others = bo.NormalEquations(sums.feature_map)
    >>> sums.add(x[:300], y[:300]).merge(others.add(x[300:], y[300:])).num_rows
    600
    >>> model = bo.RidgeRegression(sums, ridge=1e-8)
    >>> bool(np.abs(model.predict(x) - y).max() < 1e-3)
    True
    """

    __slots__ = ("_dtype", "_equations", "_map", "_vector")

    _equations: _core.Equations
    _vector: bool

    def __init__(
        self,
        feature_map: Map,
        *,
        num_targets: int | None = None,
        target_offset: float | ArrayLike | None = None,
        dtype: DTypeLike = np.float64,
    ) -> None:
        function = "NormalEquations"
        self._map = as_map(function, feature_map)
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
        return with_axes(words, self._vector), arrays

    @classmethod
    def load(
        cls,
        file: str | os.PathLike[str],
        *,
        feature_map: Map | None = None,
    ) -> Self:
        """What `save` wrote.

        Parameters
        ----------
        file : path
            Of which nothing is trusted: truncated, damaged or contradictory ones are refused.
        feature_map : FeatureMap, FeatureMapSpec or str, optional
            The features that were saved: drawn once, and shared where it is a FeatureMap.

        Raises
        ------
        OSError
            For a file that is not whole.
        ValueError
            For a file of something else, or of another map.

        Examples
        --------
        >>> import pathlib
        >>> import tempfile
        >>> import numpy as np
        >>> import bochner as bo
        >>> features = bo.FeatureMap(bo.FeatureMapSpec(1, 64, seed=1))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     parts = [pathlib.Path(folder) / name for name in ("a", "b")]
        ...     for part in parts:
        ...         bo.NormalEquations(features).add(np.ones((1, 1)), np.ones(1)).save(part)
        ...     load = bo.NormalEquations.load
        ...     sums, others = (load(part, feature_map=features) for part in parts)
        >>> sums.merge(others).num_rows
        2
        """
        words, arrays = _core.read_archive(path("load", "file", file))
        return cls._restored(words, arrays, feature_map)

    @classmethod
    def _restored(
        cls,
        words: dict[str, str],
        arrays: dict[str, Any],
        feature_map: Map | None = None,
    ) -> Self:
        sums = cls.__new__(cls)
        if feature_map is None:
            sums._equations = _core.Equations.load(words, arrays, None)
            sums._map = FeatureMap(sums._equations.spec)
        else:
            sums._map = as_map("NormalEquations.load", feature_map)
            sums._equations = _core.Equations.load(words, arrays, sums._map._map)
        sums._dtype = dtype_of(words["scalar"] == "float")
        sums._vector = words.get(TARGET_AXES) == "rows"
        return sums

    @classmethod
    def from_bytes(cls, data: bytes, *, feature_map: Map | None = None) -> Self:
        """What `to_bytes` gave.

        Parameters
        ----------
        data : bytes
            Trusted as little as a file.
        feature_map : FeatureMap, FeatureMapSpec or str, optional
            The features that they are of: drawn once, and shared where it is a FeatureMap.

        Raises
        ------
        ValueError
            For bytes of something else, not all of them, or of another map.
        """
        return cls._restored(*archive_of("from_bytes", data), feature_map)

    def copy(self) -> Self:
        """Sums of their own over the same rows: more rows give both the same bits."""
        return self._restored(*self._state(), self._map)

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

    def scale(self, factor: float) -> NormalEquations:
        """Multiply the weights of all rows that are in: forgetting. O(D^2).

        Parameters
        ----------
        factor : float
            Above 0 and at most 1.

        Returns
        -------
        NormalEquations
            This.

        Raises
        ------
        TypeError, ValueError
            For another factor.

        Examples
        --------
        >>> import numpy as np
        >>> import bochner as bo
        >>> x = np.linspace(0.0, 1.0, 100)[:, None]
        >>> recent = bo.NormalEquations(bo.FeatureMapSpec(1, 16, seed=1))
        >>> for batch in np.split(x, 10):
        ...     recent = recent.scale(0.9).add(batch, batch[:, 0])
        >>> recent.num_rows
        100
        """
        self._equations.scale(real("scale", "factor", factor))
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


def equations_of(function: str, equations: NormalEquations) -> _core.Equations:
    """The sums behind NormalEquations."""
    if not isinstance(equations, NormalEquations):
        raise TypeError(
            f"{function}: equations is {type(equations).__name__}, expected NormalEquations"
        )
    return equations._equations
