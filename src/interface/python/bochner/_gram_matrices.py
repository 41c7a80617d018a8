# SPDX-License-Identifier: Apache-2.0
"""Gram matrices, exact and of features, and how far apart they are."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from bochner import _core
from bochner._arrays import (
    ArrayLike,
    apart,
    both_alike,
    both_double,
    double_output,
    threads,
)
from bochner._map import Map, as_map
from bochner._results import Result
from bochner._specs import KernelLike, kernel_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


def exact_gram(
    kernel: KernelLike,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    out: NDArray[np.float64] | None = None,
    num_threads: int | None = None,
) -> NDArray[np.float64]:
    """``K_ij = k(x_i, y_j)``, exactly.

    In float64 whatever the input, `O(n l d)` by blocks; equal rows give exactly ``k(x, x)``.

    Parameters
    ----------
    kernel : kernel or str
        One of the classes in `bochner.kernels`, or its text.
    x : array of shape (n, d)
        float32 or float64.
    y : array of shape (l, d), optional
        Without it, `x`.
    out : float64 array of shape (n, l), optional
        Where to write, any strides, not overlapping `x` or `y`.
    num_threads : int, optional
        Threads to use; without it OpenMP decides.

    Returns
    -------
    float64 array of shape (n, l)

    Raises
    ------
    TypeError
        On another dtype, and where `kernel` is none.
    ValueError
        On shapes that do not fit, NaN or infinity (naming row and column), options of the kernel
        that are not valid for `d`, and when an entry overflows.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> bo.exact_gram(bo.GaussianKernel(), np.array([[0.0], [2.0]])).round(3)
    array([[1.   , 0.135],
           [0.135, 1.   ]])
    """
    kernel = kernel_of("exact_gram", kernel)
    a, b = both_double("exact_gram", x, y)
    to = double_output("exact_gram", out, (a.shape[0], b.shape[0]))
    if out is not None:
        apart("exact_gram", "out", to, "x", a)
        apart("exact_gram", "out", to, "y", b)
    _core.exact_gram(kernel, a, b, to, threads("exact_gram", num_threads))
    return to


def approximate_gram(
    feature_map: Map,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    out: NDArray[np.float64] | None = None,
    num_threads: int | None = None,
) -> NDArray[np.float64]:
    """``K^_ij = 2^(a_i + b_j) phi(x_i) . phi(y_j)``, `x` as queries and `y` as keys.

    `O(n l D + (n + l) m d)`; powers of two are kept apart until the end, so that features that
    overflow in `FeatureMap.transform` do not here.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
    x : array of shape (n, input_dim)
        float32 or float64.
    y : array of shape (l, input_dim), optional
        Of the dtype of `x`; without it, `x`.
    out : float64 array of shape (n, l), optional
        Where to write, any strides, not overlapping `x` or `y`.
    num_threads : int, optional

    Returns
    -------
    float64 array of shape (n, l)

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        On shapes that do not fit, NaN or infinity, and when an entry overflows.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.array([[0.0], [2.0]])
    >>> approximate = bo.approximate_gram(bo.FeatureMapSpec(1, 1000, seed=1), x)
    >>> exact = bo.exact_gram(bo.GaussianKernel(), x)
    >>> bool(abs(approximate - exact).max() < 0.1)
    True
    """
    function = "approximate_gram"
    fm = as_map(function, feature_map)
    a, b = both_alike(function, x, y)
    to = double_output(function, out, (a.shape[0], b.shape[0]))
    if out is not None:
        apart(function, "out", to, "x", a)
        apart(function, "out", to, "y", b)
    _core.approximate_gram(fm._map, a, b, to, threads(function, num_threads))
    return to


@dataclasses.dataclass(frozen=True)
class MeasuredGramError(Result):
    """How far an approximate Gram matrix is from the exact one.

    Attributes
    ----------
    squared_error : float
        ``|K^ - K|_F^2``.
    squared_norm : float
        ``|K|_F^2``.
    """

    squared_error: float
    squared_norm: float

    @property
    def relative(self) -> float:
        """``|K^ - K|_F / |K|_F``; raises ValueError when K is zero."""
        if not self.squared_norm > 0.0:
            raise ValueError("relative: the exact matrix is zero or has no entries")
        return float(np.sqrt(self.squared_error / self.squared_norm))


def gram_distance(
    feature_map: Map,
    x: ArrayLike,
    y: ArrayLike | None = None,
    *,
    num_threads: int | None = None,
) -> MeasuredGramError:
    """The distance between `approximate_gram` and `exact_gram` of the map's kernel.

    Streamed: neither matrix is formed. `O(n l (D + d))`.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
    x : array of shape (n, input_dim)
        float32 or float64.
    y : array of shape (l, input_dim), optional
        Of the dtype of `x`; without it, `x`.
    num_threads : int, optional

    Returns
    -------
    MeasuredGramError

    Raises
    ------
    TypeError, ValueError
        As the two functions, and when the squares leave the range of float64.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(50, 3))
    >>> bool(bo.gram_distance(bo.FeatureMapSpec(3, 1000, seed=1), x).relative < 0.1)
    True
    """
    fm = as_map("gram_distance", feature_map)
    a, b = both_alike("gram_distance", x, y)
    return MeasuredGramError(
        *_core.gram_distance(fm._map, a, b, threads("gram_distance", num_threads))
    )
