# SPDX-License-Identifier: Apache-2.0
"""Changes in the law of a stream of rows."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, like, threads
from bochner._map import Map, as_map
from bochner._mapped import Mapped
from bochner._options import dtype_of, is_single, real
from bochner._results import Result

if TYPE_CHECKING:
    from numpy.typing import DTypeLike


@dataclasses.dataclass(frozen=True, eq=False)
class Change(Result):
    """A change that was found. Rows are counted from 0 over the whole stream.

    Attributes
    ----------
    found : int
        The row at which it was.
    position : int
        The first row of the new law, as far as the grid resolves it.
    distance : float
        Between the means of the features before and after.
    threshold : float
        What it exceeds.
    """

    found: int
    position: int
    distance: float
    threshold: float


class ChangeDetector(Mapped):
    """Watches a stream for a change of its law, as far as the kernel sees it.

    The means of the features before and after each point of a dyadic grid are compared at every
    row (Kalinke and Gavioli-Akilagun 2025): `O(m d + D log n)` time per row and `O(D log n)`
    numbers. Rows of one law, independent of each other, are ever taken for a change with
    probability at most `false_alarm_rate`, whatever the law, by McDiarmid's inequality and a share
    of the rate for every comparison: ``|mean before - mean after| > sqrt(B (1/p + 1/q)) (1 + sqrt(2
    ln(n (n - 1) S / false_alarm_rate)))``, B = `largest_square`, p and q the lengths, S the number
    of points compared after n rows. After a change everything begins anew with the next row. The
    same bits however rows are batched, for any number of threads. Safe to share between threads.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
        The features, or what to draw. Its transform must treat both sides alike.
    false_alarm_rate : float
        Above 0 and below 1.
    largest_square : float
        What the squared norms of features never exceed: 1 for trigonometric features of a kernel
        with ``k(x, x) = 1``.
    dtype : float64 or float32
        Of the rows and the features.

    Raises
    ------
    TypeError, ValueError
        On other arguments.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(2000, 1))
    >>> x[1000:] += 2.0
    >>> detector = bo.ChangeDetector(bo.FeatureMapSpec(1, 64, seed=1))
    >>> [change] = detector.add(x)
    >>> 900 < change.position < 1100, detector.num_rows
    (True, 2000)
    """

    __slots__ = ("_detector", "_dtype", "_map")

    _detector: _core.ChangeDetector

    def __init__(
        self,
        feature_map: Map,
        *,
        false_alarm_rate: float = 0.01,
        largest_square: float = 1.0,
        dtype: DTypeLike = np.float64,
    ) -> None:
        function = "ChangeDetector"
        self._map = as_map(function, feature_map)
        single = is_single(function, dtype)
        self._dtype = dtype_of(single)
        self._detector = _core.ChangeDetector(
            self._map._map,
            single,
            real(function, "false_alarm_rate", false_alarm_rate),
            real(function, "largest_square", largest_square),
        )

    @property
    def num_rows(self) -> int:
        """All rows so far."""
        return int(self._detector.num_rows)

    @property
    def rows_since_change(self) -> int:
        """Those since the last change."""
        return int(self._detector.rows_since_change)

    def add(self, x: ArrayLike, *, num_threads: int | None = None) -> list[Change]:
        """Append rows, all of them or none, and say which changes were found on the way.

        Parameters
        ----------
        x : array of shape (n, input_dim)
            Of the dtype of this.
        num_threads : int, optional

        Returns
        -------
        list of Change

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            On a shape that does not fit, NaN or infinity (naming row and column), and a row whose
            features are longer than `largest_square` allows.
        """
        x = like("add", "x", x, "rows, columns", "the detector", self._dtype)
        return [Change(**one) for one in self._detector.add(x, threads("add", num_threads))]

    def __repr__(self) -> str:
        return f"ChangeDetector({self._map!r}, dtype={self._dtype.name}) of {self.num_rows} rows"
