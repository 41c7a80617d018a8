# SPDX-License-Identifier: Apache-2.0
"""Values and scales of kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from bochner import _core
from bochner._arrays import (
    Array,
    ArrayLike,
    both_double,
    columns,
    doubles,
    optional_weights,
    rows,
)
from bochner._options import real, word
from bochner._specs import KernelLike, kernel_of


def evaluate(kernel: KernelLike, x: ArrayLike, y: ArrayLike) -> Any:
    """``k(x, y)``, exactly, for one pair of points or for pairs of rows.

    Rows far from the origin lose no digits. (All pairs at once are `exact_gram`.)

    Parameters
    ----------
    kernel : kernel or str
        One of the classes in `bochner.kernels`, or its text.
    x, y : arrays of shape (d,) or (n, d)
        float32 or float64.

    Returns
    -------
    float or float64 array of shape (n,)
        For points a float, for rows an array with the value of each pair.

    Raises
    ------
    TypeError
        On another dtype, and where `kernel` is none.
    ValueError
        On shapes that differ, NaN or infinity, options that are not valid for `d`, and when a value
        leaves the range of float64.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> round(bo.evaluate(bo.GaussianKernel(), np.array([0.0, 0.0]), np.array([1.0, 1.0])), 6)
    0.367879
    """
    kernel = kernel_of("evaluate", kernel)
    a = columns("evaluate", "x", x)
    b = columns("evaluate", "y", y)
    if a.shape != b.shape:
        raise ValueError(f"evaluate: x has shape {a.shape} and y {b.shape}, expected one shape")
    pairs_a, pairs_b = np.atleast_2d(np.ascontiguousarray(a), np.ascontiguousarray(b))
    values = np.empty(pairs_a.shape[0])
    _core.evaluate(kernel, pairs_a, pairs_b, values)
    return values if a.ndim == 2 else values[0].item()


def median_lengthscale(x: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """The median rule: the median Euclidean distance between two different rows.

    Over all pairs up to 2,048 rows, beyond that over 2^21 pairs drawn with a fixed seed; `O(d)` per
    pair. Coordinates that are neighbouring numbers count as equal.

    Parameters
    ----------
    x : array of shape (n, d)
        float32 or float64, two rows or more.
    weights : vector of n numbers, optional
        Numbers of copies: rows i and j make ``w_i w_j`` pairs, and the copies of one row, where
        ``w_i > 1``, ``w_i (w_i - 1) / 2`` of distance 0. Whole weights say the same as repeated
        rows; a row of weight 0 is left out. Beyond 2,048 rows of positive weight, pairs are drawn
        in proportion to ``w_i w_j``.

    Returns
    -------
    float
        A lengthscale, in units of the inputs.

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        On fewer rows, NaN or infinity, weights that are negative or positive for fewer than two
        rows, and when the median is zero (more than half of the pairs are duplicates) or overflows.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> bo.median_lengthscale(np.array([[0.0], [1.0], [3.0]]))
    2.0
    """
    function = "median_lengthscale"
    return _core.median_lengthscale(rows(function, "x", x), _weights(function, weights))


def mean_square_sum(x: ArrayLike, y: ArrayLike | None = None) -> float:
    """The mean of ``|x_i + y_j|^2`` over all pairs of rows.

    It decides how hard a softmax kernel is for positive features. From means and variances of
    columns: `O((n + l) d)`.

    Parameters
    ----------
    x : array of shape (n, d)
    y : array of shape (l, d), optional
        Without it, `x`.

    Returns
    -------
    float

    Raises
    ------
    TypeError
        On another dtype than float32 and float64.
    ValueError
        On no rows, other column counts, NaN or infinity, and when the mean leaves the range of
        float64.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> bo.mean_square_sum(np.array([[1.0], [3.0]]), np.array([[1.0]]))
    10.0
    """
    return _core.mean_square_sum(*both_double("mean_square_sum", x, y))


def softmax_scale_for(x: ArrayLike, y: ArrayLike | None = None, *, target: float) -> float:
    """The softmax scale ``s`` for which the mean of ``|sqrt(s) (x_i + y_j)|^2`` is `target`.

    Parameters
    ----------
    x : array of shape (n, d)
    y : array of shape (l, d), optional
        Without it, `x`.
    target : float
        Positive, finite.

    Returns
    -------
    float
        ``target / mean_square_sum(x, y)``.

    Raises
    ------
    TypeError
        On another dtype than float32 and float64.
    ValueError
        As `mean_square_sum`, when all pairs sum to zero, and when the scale leaves the range of
        float64.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> bo.softmax_scale_for(np.array([[1.0], [3.0]]), np.array([[1.0]]), target=2.0)
    0.2
    """
    a, b = both_double("softmax_scale_for", x, y)
    return _core.softmax_scale_for(a, b, real("softmax_scale_for", "target", target))


def _weights(function: str, weights: ArrayLike | None) -> Array | None:
    """Weights of rows as the rules take them: in float64."""
    return optional_weights(function, weights, np.float64)


def with_scale(
    kernel: KernelLike,
    x: ArrayLike,
    *,
    rule: str = "median",
    target: float | None = None,
    weights: ArrayLike | None = None,
) -> Any:
    """`kernel` with its scale taken from the rows of `x`.

    Parameters
    ----------
    kernel : kernel or str
        One of the classes in `bochner.kernels`, or its text.
    x : array of shape (n, d)
        float32 or float64.
    rule : {"median", "dimension", "mean-square-sum", "given"}
        A lengthscale by `median_lengthscale`; ``1 / sqrt(d)``, of softmax kernels; the scale of a
        softmax kernel by `softmax_scale_for`; the kernel's own. Each rule leaves kernels without a
        scale of its sort as they are.
    target : float, optional
        For "mean-square-sum", which needs one.
    weights : vector of n numbers, optional
        Of the rows, as in `median_lengthscale`; means are weighted by them.

    Returns
    -------
    kernel

    Raises
    ------
    TypeError
        On another dtype, and where `kernel` is none.
    ValueError
        On an unknown rule, and as the functions that the rules name.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> bo.with_scale(bo.GaussianKernel(), np.array([[0.0], [1.0], [3.0]]))
    GaussianKernel(metric=Isotropic(lengthscale=2.0))
    """
    function = "with_scale"
    kernel = kernel_of(function, kernel)
    text = word(function, "rule", rule)
    if target is not None:
        text += f"(target={real(function, 'target', target)!r})"
    x = doubles(function, "x", x, "rows, columns")
    return _core.with_scale(kernel, x, text, _weights(function, weights))
