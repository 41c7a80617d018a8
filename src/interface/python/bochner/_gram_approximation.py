# SPDX-License-Identifier: Apache-2.0
"""The Gram matrix of features as an operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from bochner import _core
from bochner._arrays import Array, ArrayLike, rows, threads
from bochner._gram_operator import GramOperator
from bochner._map import FeatureMap, Map, as_map
from bochner._options import dtype_of, whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bochner._exact_gram import ExactGram

_DEFAULT_MEMORY = 1 << 32


class GramApproximation(GramOperator):
    """A Gram matrix ``K^_ij = 2^(a_i + a_j) phi_i . phi_j`` of features that is never formed.

    Symmetric, positive semidefinite, of rank at most D; a product costs `O(n D k)`. Features are in
    the dtype of the rows; vectors, entries and sums are in float64, and the powers of two are kept
    apart throughout, so that rows of any size are as exact as others. Products with float32
    features carry a relative error of about 1e-6 of ``|K^| |b|``. Results have the same bits for
    any number of threads. Immutable, safe to share between threads, picklable (with its rows, or
    its factor).

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
    x : array of shape (n, input_dim)
        float32 or float64, one row or more; copied.
    memory : int
        Bytes for the features. Where they do not fit, they are computed again, block by block, in
        every product; results have the same bits either way.
    num_threads : int, optional

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        On a shape that does not fit, no rows, NaN or infinity, when the map's transform treats its
        sides differently (the matrix would not be symmetric), and when `memory` is negative.

    See Also
    --------
    GramApproximation.from_factor : Of a factor that is given.
    nystrom : Of columns of the exact matrix.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(1000, 3))
    >>> K = bo.GramApproximation(bo.FeatureMapSpec(3, 64, seed=1), x)
    >>> K.shape, K.num_features
    ((1000, 1000), 128)
    >>> (K @ np.ones(1000)).shape
    (1000,)
    >>> F = bo.GramApproximation.from_factor(np.array([[1.0, 0.0], [1.0, 2.0]]))
    >>> F.to_dense()
    array([[1., 1.],
           [1., 5.]])
    """

    __slots__ = ("_map", "_memory", "_x")

    _gram: _core.Gram
    _map: FeatureMap | None
    _memory: int
    _x: Array | None

    def __init__(
        self,
        feature_map: Map,
        x: ArrayLike,
        *,
        memory: int = _DEFAULT_MEMORY,
        num_threads: int | None = None,
    ) -> None:
        function = "GramApproximation"
        self._map = as_map(function, feature_map)
        self._memory = whole(function, "memory", memory, 0)
        # A copy: rows that change later would make another matrix of the pickle.
        self._x = rows(function, "x", x).copy(order="C")
        self._gram = _core.gram_of_rows(
            self._map._map, self._x, self._memory, threads(function, num_threads)
        )

    @classmethod
    def from_factor(cls, factor: ArrayLike) -> GramApproximation:
        """``K^ = F F^T`` of an n x r factor, which is copied.

        Parameters
        ----------
        factor : array of shape (n, r)
            float32 or float64, `n` and `r` at least 1.

        Returns
        -------
        GramApproximation

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            On an empty factor, NaN or infinity.
        """
        return cls._of(_core.gram_of_factor(rows("from_factor", "factor", factor)))

    @classmethod
    def _of(cls, gram: _core.Gram) -> GramApproximation:
        made = cls.__new__(cls)
        made._gram = gram
        made._map = made._x = None
        made._memory = 0
        return made

    @property
    def feature_map(self) -> FeatureMap | None:
        """The map, or None where a factor was given."""
        return self._map

    @property
    def num_features(self) -> int:
        """D, columns of the factor."""
        return self._gram.num_features

    @property
    def feature_dtype(self) -> np.dtype[Any]:
        """Of the features: that of the rows or of the factor."""
        return dtype_of(self._gram.is_single)

    @property
    def stored(self) -> bool:
        """Whether features are kept."""
        return self._gram.stored

    @property
    def nbytes(self) -> int:
        """Memory held for products: features, or the rows they come from."""
        return self._gram.nbytes

    def factor(self) -> NDArray[np.float64]:
        """An n x D matrix F with ``K^ = F F^T``; raises ValueError when an entry overflows."""
        out = np.empty((self._gram.size, self._gram.num_features))
        self._gram.factor(out)
        return out

    def __reduce__(self) -> tuple[Any, ...]:
        if self._map is not None:
            return _gram_of_rows, (self._map, self._x, self._memory)
        return _gram_of_factor, (self.factor(), self._gram.is_single)

    def __repr__(self) -> str:
        source = f"{self._map!r}, " if self._map is not None else ""
        return f"GramApproximation({source}shape={self.shape}, num_features={self.num_features})"


def _gram_of_rows(feature_map: FeatureMap, x: Array, memory: int) -> GramApproximation:
    return GramApproximation(feature_map, x, memory=memory)


def _gram_of_factor(factor: NDArray[np.float64], is_single: bool) -> GramApproximation:
    return GramApproximation._of(_core.gram_of_written_factor(factor, is_single))


Gram: TypeAlias = "ExactGram | GramApproximation"


def approximate_operator(function: str, name: str, value: GramApproximation) -> _core.Gram:
    """The matrix behind a GramApproximation."""
    if isinstance(value, GramApproximation):
        return value._gram
    raise TypeError(f"{function}: {name} is {type(value).__name__}, expected a GramApproximation")
