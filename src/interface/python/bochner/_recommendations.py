# SPDX-License-Identifier: Apache-2.0
"""Which map to use."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from bochner import _core
from bochner._arrays import ArrayLike, both_double, doubles, threads
from bochner._options import seed_of, whole
from bochner._results import Result
from bochner._specs import KernelLike, kernel_of, refusals_of

if TYPE_CHECKING:
    import pandas as pd

    from bochner._core.options import FeatureMapSpec


@dataclasses.dataclass(frozen=True, eq=False)
class Candidate(Result):
    """One map and what to expect of it.

    Attributes
    ----------
    spec : FeatureMapSpec
    error : float
        Relative error to expect, of the Gram matrix or of attention's output.
    cost : float
        Floating-point operations of the projection, per row.
    """

    spec: FeatureMapSpec
    error: float
    cost: float


@dataclasses.dataclass(frozen=True, eq=False)
class Recommendation(Result):
    """Maps by the error to expect of them.

    Attributes
    ----------
    ranked : tuple of Candidate
        Best first.
    reason : str
        Why the first one, in one sentence.
    warning : str
        Empty, or why the ranking says little.
    """

    ranked: tuple[Candidate, ...]
    reason: str
    warning: str

    @property
    def spec(self) -> FeatureMapSpec:
        """That of the best."""
        return self.ranked[0].spec

    def _columns(self) -> dict[str, Any]:
        return {
            "features": np.array([str(c.spec.features) for c in self.ranked]),
            "projection": np.array([str(c.spec.projection) for c in self.ranked]),
            "error": np.array([c.error for c in self.ranked]),
            "cost": np.array([c.cost for c in self.ranked]),
            "spec": np.array([str(c.spec) for c in self.ranked]),
        }

    def to_frame(self) -> pd.DataFrame:
        """One row a map, best first: features, projection, error, cost and spec.

        Raises
        ------
        ImportError
            Where pandas is not installed.
        """
        return super().to_frame()


def _recommendation(found: tuple[Any, ...]) -> Recommendation:
    ranked, reason, warning = found
    return Recommendation(tuple(Candidate(*each) for each in ranked), reason, warning)


def recommend(
    kernel: KernelLike,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    num_features: int = 256,
    seed: int = 0,
    num_threads: int | None = None,
) -> Recommendation:
    """Which map to use: every compatible one, by its error on a sample of the data.

    Ranks feature functions and projections (parameters from the data by the closed rules; with and
    without centring) for approximating the Gram matrix of rows like those of x and y, by the
    relative Frobenius error that closed forms predict on up to 512 rows of each. Errors within 2 %
    count as equal, and the cheaper map comes first.

    Parameters
    ----------
    kernel : kernel or str
    x : array of shape (n, d)
        Queries. float32 is computed in float64.
    y : array of shape (l, d), optional
        Keys; without them those of x.
    num_features : int
        Columns of phi, at least 2.
    seed : int
        Of the recommended specs, and of the sample.
    num_threads : int, optional

    Returns
    -------
    Recommendation
        ``.spec`` is the best.

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        When shapes do not fit, an array is empty or numbers are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(40, 4)) * 0.3
    >>> found = bo.recommend(bo.SoftmaxKernel(), x, num_features=32)
    >>> found.spec.num_features <= 32, found.ranked[0].error <= found.ranked[-1].error
    (True, True)
    """
    kernel = kernel_of("recommend", kernel)
    x, y = both_double("recommend", x, y)
    columns = whole("recommend", "num_features", num_features, 2)
    drawn = seed_of("recommend", seed)
    count = threads("recommend", num_threads)
    with refusals_of("recommend"):
        return _recommendation(_core.recommend(kernel, x, y, columns, drawn, count))


def recommend_for_attention(
    kernel: KernelLike,
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    num_features: int = 256,
    redraws: int = 20,
    seed: int = 0,
    num_threads: int | None = None,
) -> Recommendation:
    """Which map to use for attention: the same by the error of its output, measured.

    The root mean square of ``|o^ - o|`` over up to 64 sampled queries (against up to 1,024 sampled
    keys) and `redraws` draws of each map, relative to that of ``|o|``. Its order differs from that
    of the matrix.

    Parameters
    ----------
    kernel : kernel or str
    queries : array of shape (n, d)
    keys : array of shape (l, d)
    values : array of shape (l, e)
        float32 is computed in float64.
    num_features : int
        Columns of phi, at least 2.
    redraws : int
        At least 2.
    seed : int
    num_threads : int, optional

    Returns
    -------
    Recommendation

    Raises
    ------
    TypeError, ValueError
        As `recommend`.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> q, k, v = np.random.default_rng(0).normal(size=(3, 10, 4)) * 0.3
    >>> found = bo.recommend_for_attention("softmax", q, k, v, num_features=16, redraws=2)
    >>> found.ranked[0].error <= found.ranked[-1].error
    True
    """
    function = "recommend_for_attention"
    kernel = kernel_of(function, kernel)
    queries, keys = both_double(function, queries, keys, ("queries", "keys"))
    values = doubles(function, "values", values, "rows, columns")
    columns = whole(function, "num_features", num_features, 2)
    draws = whole(function, "redraws", redraws, 2, 2**31 - 1)
    drawn = seed_of(function, seed)
    count = threads(function, num_threads)
    with refusals_of(function):
        return _recommendation(
            _core.recommend_for_attention(
                kernel, queries, keys, values, columns, drawn, draws, count
            )
        )
