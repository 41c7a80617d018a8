# SPDX-License-Identifier: Apache-2.0
"""Means of features, and the distance between two of them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from bochner import _core
from bochner._archives import Kept, State
from bochner._arrays import ArrayLike, like, threads
from bochner._map import FeatureMap, Map, as_map
from bochner._mapped import Mapped
from bochner._options import dtype_of, is_single, real
from bochner._results import Result

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray
    from typing_extensions import Self


@dataclasses.dataclass(frozen=True, eq=False)
class EmbeddingDistance(Result):
    """How far two laws are apart in the kernel's space, from rows of both.

    Attributes
    ----------
    squared : float
        The unbiased estimate of MMD^2: negative where the samples are closer than two of one law
        are on average.
    distance : float
        Its root, or 0 below.
    error : float
        ``sqrt(tr Sigma_x / n + tr Sigma_y / l)``: the root mean square length of what the
        difference of the two means owes to the choice of rows, and so how far the distance is off
        at most, in the root mean square. n and l count rows by weight.
    """

    squared: float
    distance: float
    error: float


class MeanEmbedding(Mapped, Kept):
    """The sums that a mean of features needs, whatever the number of rows.

    ``sum_i w_i phi(x_i)`` and four sums that distances need besides: the embedding of a sample, or
    of the recent part of a stream, into the kernel's space. A monoid: sums of parts, merged, are
    the sums of the whole. Rows enter with weight 1; `decay` makes those that are in count less. D +
    4 numbers, the same bits however rows are batched, for any number of threads. Safe to share
    between threads. Picklable.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
        The features, or what to draw. Its transform must treat both sides alike.
    dtype : float64 or float32
        Of the rows and the features. Sums are in double in any case.

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        When the transform treats its sides differently.

    See Also
    --------
    two_sample_test : The same distance of two arrays, with a p-value.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.normal(size=(100, 2)), rng.normal(loc=1.0, size=(80, 2))
    >>> features = bo.FeatureMap(bo.FeatureMapSpec(2, 100, seed=1))
    >>> first, second = (bo.MeanEmbedding(features).add(sample) for sample in (x, y))
    >>> test = bo.two_sample_test(features, x, y, permutations=1)
    >>> apart = first.distance(second)
    >>> bool(np.isclose(apart.squared, test.statistic)), apart.distance > 3 * apart.error
    (True, True)
    """

    __slots__ = ("_dtype", "_embedding", "_map")

    _embedding: _core.Embedding

    def __init__(self, feature_map: Map, *, dtype: DTypeLike = np.float64) -> None:
        function = "MeanEmbedding"
        self._map = as_map(function, feature_map)
        single = is_single(function, dtype)
        self._dtype = dtype_of(single)
        self._embedding = _core.Embedding(self._map._map, single)

    def _state(self) -> State:
        words, arrays = self._embedding.save()
        return words, arrays

    @classmethod
    def _restored(cls, words: dict[str, str], arrays: dict[str, Any]) -> Self:
        made = cls.__new__(cls)
        made._embedding = _core.Embedding.load(words, arrays)
        made._map = FeatureMap(made._embedding.spec)
        made._dtype = dtype_of(words["scalar"] == "float")
        return made

    def copy(self) -> Self:
        """Sums of their own over the same rows."""
        made = object.__new__(type(self))
        made._map, made._dtype = self._map, self._dtype
        made._embedding = self._embedding.copy()
        return made

    @property
    def num_rows(self) -> int:
        """Rows that are in."""
        return int(self._embedding.num_rows)

    @property
    def weight(self) -> float:
        """The sum of their weights."""
        return float(self._embedding.weight)

    @property
    def effective_rows(self) -> float:
        """``(sum w)^2 / sum w^2``; 0 without rows."""
        return float(self._embedding.effective_rows)

    @property
    def mean(self) -> NDArray[np.float64]:
        """The mean of the features, of shape (num_features,); ValueError without rows."""
        return np.asarray(self._embedding.mean(), np.float64)

    def add(self, x: ArrayLike, *, num_threads: int | None = None) -> Self:
        """Append rows, all of them or none. O(n (m d + D)).

        Parameters
        ----------
        x : array of shape (n, input_dim)
            Of the dtype of this.
        num_threads : int, optional

        Returns
        -------
        MeanEmbedding
            This.

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            On a shape that does not fit, NaN or infinity (naming row and column), and a row that is
            too long for the map.
        """
        x = like("add", "x", x, "rows, columns", "the embedding", self._dtype)
        self._embedding.add(x, threads("add", num_threads))
        return self

    def _same(self, function: str, other: MeanEmbedding) -> _core.Embedding:
        name = f"MeanEmbedding.{function}"
        if not isinstance(other, MeanEmbedding):
            raise TypeError(f"{name}: other is {type(other).__name__}, not MeanEmbedding")
        if other._map != self._map:
            raise ValueError(f"{name}: other has the map {other._map.spec}, not {self._map.spec}")
        if other._dtype != self._dtype:
            raise TypeError(f"{name}: other has dtype {other._dtype}, expected {self._dtype}")
        return other._embedding

    def merge(self, other: MeanEmbedding) -> Self:
        """Add the sums of `other`, as if its rows had been appended, to rounding.

        Parameters
        ----------
        other : MeanEmbedding
            Of the same map and dtype; it does not change.

        Returns
        -------
        MeanEmbedding
            This.

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            On another map.
        """
        self._embedding.merge(self._same("merge", other))
        return self

    def subtract(self, other: MeanEmbedding) -> Self:
        """Take the sums of `other` away again, to rounding: so a window slides.

        Parameters
        ----------
        other : MeanEmbedding
            Of the same map and dtype; it does not change.

        Returns
        -------
        MeanEmbedding
            This.

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            On another map, and when `other` has more rows or weight.
        """
        self._embedding.subtract(self._same("subtract", other))
        return self

    def decay(self, factor: float) -> Self:
        """Multiply the weights of all rows that are in.

        Parameters
        ----------
        factor : float
            Above 0 and at most 1; weights halve in ``-log(2) / log(factor)`` calls.

        Returns
        -------
        MeanEmbedding
            This.

        Raises
        ------
        TypeError, ValueError
            For another factor, and when no weight would be left in the range of double.

        Examples
        --------
        >>> import numpy as np
        >>> import bochner as bo
        >>> recent = bo.MeanEmbedding(bo.FeatureMapSpec(2, 100, seed=1))
        >>> for row in np.random.default_rng(0).normal(size=(50, 1, 2)):
        ...     recent = recent.decay(0.9).add(row)
        >>> recent.num_rows, round(recent.effective_rows)
        (50, 19)
        """
        self._embedding.decay(real("decay", "factor", factor))
        return self

    def distance(self, other: MeanEmbedding) -> EmbeddingDistance:
        """From this sample to another one, with its error. O(D).

        Parameters
        ----------
        other : MeanEmbedding
            Of the same map and dtype, with two rows or more that count, as this has to have.

        Returns
        -------
        EmbeddingDistance

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            On another map, and on fewer rows.
        """
        return EmbeddingDistance(**self._embedding.distance(self._same("distance", other)))

    def density(self, x: ArrayLike, *, num_threads: int | None = None) -> NDArray[np.float64]:
        """The mean of the kernel between rows and the rows that are in. O(n (m d + D)).

        ``sum_i w_i k^(x_r, x_i) / sum_i w_i``: a kernel density estimate but for the kernel's
        integral, ``(2 pi)^(d/2)`` times the lengthscales for a Gaussian kernel. Small negative
        values are errors of the features.

        Parameters
        ----------
        x : array of shape (n, input_dim)
            Of the dtype of this.
        num_threads : int, optional

        Returns
        -------
        float64 array of shape (n,)

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            Without rows, on a shape that does not fit, NaN and infinity.

        Examples
        --------
        >>> import numpy as np
        >>> import bochner as bo
        >>> x = np.random.default_rng(0).normal(size=(2000, 1))
        >>> narrow = bo.GaussianKernel(bo.Isotropic(0.3))
        >>> seen = bo.MeanEmbedding(bo.FeatureMapSpec(1, 500, kernel=narrow, seed=1)).add(x)
        >>> density = seen.density(np.array([[0.0], [1.0]])) / (np.sqrt(2 * np.pi) * 0.3)
        >>> bool(np.allclose(density, [0.38, 0.24], atol=0.05))
        True
        """
        x = like("density", "x", x, "rows, columns", "the embedding", self._dtype)
        out = np.empty(x.shape[0])
        self._embedding.density(x, out, threads("density", num_threads))
        return out

    def __repr__(self) -> str:
        return f"MeanEmbedding({self._map!r}, dtype={self._dtype.name}) of {self.num_rows} rows"
