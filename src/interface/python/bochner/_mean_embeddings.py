# SPDX-License-Identifier: Apache-2.0
"""Means of features, and the distance between two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, like, require_finite, threads
from bochner._linear_sums import LinearSums
from bochner._map import Map, as_map
from bochner._options import dtype_of, is_single
from bochner._specs import refusals_of

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray
    from typing_extensions import Self

# Rows whose features are held at once.
_BLOCK = 1024


class MeanEmbedding(LinearSums):
    """The sums that a mean of features needs, whatever the number of rows.

    ``sum_i phi(x_i)`` and ``sum_i |phi(x_i)|^2``: the embedding of a sample into the kernel's
    space, with what the unbiased distance of two of them takes away. A monoid: sums of parts,
    merged, are the sums of the whole. D + 2 numbers. Picklable.

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
    >>> bool(np.isclose(first.squared_distance(second), test.statistic))
    True
    """

    __slots__ = ()

    _KIND = "mean_embedding"

    def __init__(self, feature_map: Map, *, dtype: DTypeLike = np.float64) -> None:
        function = "MeanEmbedding"
        drawn = as_map(function, feature_map)
        held = dtype_of(is_single(function, dtype))
        with refusals_of(function):  # of maps whose Gram matrices are not symmetric
            _core.gram_of_rows(drawn._map, np.zeros((1, drawn.input_dim), held), 0, 1)
        self._hold(drawn, held, np.zeros((drawn.num_features, 1)), np.zeros(1), 0)

    @property
    def mean(self) -> NDArray[np.float64]:
        """The mean of the features, of shape (num_features,); ValueError without rows."""
        if self._num_rows == 0:
            raise ValueError("mean: there are no rows")
        mean: NDArray[np.float64] = self._columns[:, 0] / self._num_rows
        return mean

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
            On a shape that does not fit, NaN or infinity (naming row and column), and features that
            leave the range of the dtype.
        """
        x = like("add", "x", x, "rows, columns", "the embedding", self._dtype)
        used = threads("add", num_threads) or None
        require_finite("add", "x", x)
        sums, squares = self._columns.copy(), self._constants.copy()
        for first in range(0, max(x.shape[0], 1), _BLOCK):
            phi = self._map.transform(x[first : first + _BLOCK], num_threads=used)
            phi = phi.astype(np.float64, copy=False)
            sums[:, 0] += phi.sum(axis=0)
            squares += np.square(phi).sum()
        self._columns, self._constants = sums, squares
        self._num_rows += x.shape[0]
        return self

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
        self._add(other)
        return self

    def squared_distance(self, other: MeanEmbedding) -> float:
        """The unbiased estimate of MMD^2 between the two samples [Gretton12, eq. 3].

        Of n and l rows, ``(|s|^2 - q) / (n (n - 1)) + (|s'|^2 - q') / (l (l - 1)) - 2 s . s' /
        (n l)`` with the sums s of features and q of their squared norms.

        Parameters
        ----------
        other : MeanEmbedding
            Of the same map, with two rows or more, as this has to have.

        Returns
        -------
        float
            Negative where the samples are closer than two of one law are on average.

        Raises
        ------
        ValueError
            On another map, and on fewer rows.
        """
        function = "squared_distance"
        if not isinstance(other, MeanEmbedding):
            raise TypeError(f"{function}: other is {type(other).__name__}, not a MeanEmbedding")
        if other._map != self._map:
            raise ValueError(
                f"{function}: other has the map {other._map.spec}, not {self._map.spec}"
            )
        n, l = self._num_rows, other._num_rows  # noqa: E741
        if min(n, l) < 2:
            raise ValueError(f"{function}: the samples have {n} and {l} rows, expected two or more")
        s, s_other = self._columns[:, 0], other._columns[:, 0]
        within = (np.square(s).sum() - self._constants[0]) / (n * (n - 1))
        within_other = (np.square(s_other).sum() - other._constants[0]) / (l * (l - 1))
        return float(within + within_other - 2.0 * (s * s_other).sum() / (n * l))

    def __repr__(self) -> str:
        return f"MeanEmbedding({self._map!r}, dtype={self._dtype.name}) of {self._num_rows} rows"
