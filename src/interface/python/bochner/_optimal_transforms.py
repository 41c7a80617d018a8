# SPDX-License-Identifier: Apache-2.0
"""Transforms of pairs under which features see short vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bochner import _core
from bochner._arrays import ArrayLike, both_alike
from bochner._specs import FeaturesLike, KernelLike, features_of, kernel_of

if TYPE_CHECKING:
    from bochner._core.options import PairTransform


def optimal_centring(
    kernel: KernelLike, features: FeaturesLike, x: ArrayLike, y: ArrayLike | None = None
) -> PairTransform:
    """The centring that takes the mean of the data off what variances grow with.

    Mean query and mean key sum to zero for maps of sums (positive features and relatives) and are
    equal for maps of differences; one centre on both sides where the kernel is shift-invariant.

    Parameters
    ----------
    kernel : kernel or str
    features : feature function or str
    x : array of shape (n, d)
        Queries.
    y : array of shape (l, d), optional
        Keys; without them those of x.

    Returns
    -------
    PairTransform

    Raises
    ------
    TypeError
        On another dtype, or two of them.
    ValueError
        When an array is empty, columns differ, or on NaN or infinity.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> x = np.random.default_rng(0).normal(size=(20, 2)) + 1.0
    >>> centring = bo.optimal_centring("softmax", "positive", x, 2 * x)
    >>> bool(np.allclose(centring.query, 1.5 * x.mean(axis=0)))
    True
    """
    function = "optimal_centring"
    kernel, features = kernel_of(function, kernel), features_of(function, features)
    x, y = both_alike(function, x, y)
    centring: PairTransform = _core.optimal_centring(kernel, features, x, y)
    return centring


def optimal_pair_transform(
    queries: ArrayLike, keys: ArrayLike | None = None, *, kernel: KernelLike = "softmax"
) -> PairTransform:
    """The transform of the softmax kernel under which features see the shortest vectors.

    Shifts by the means, and the matrix M that minimises the mean of ``|x'|^2 + |y'|^2``, ``x' = M
    A (x - query)`` and ``y' = M^-T A (y - key)``, A the kernel's metric: it gives both sides one
    covariance, diagonal, entries ascending (Likhosherstov et al. 2023). A millionth of its trace is
    added to each covariance first; where the rows of either side are all equal, shifts alone.

    Parameters
    ----------
    queries : array of shape (n, d)
    keys : array of shape (l, d), optional
        Without them those of queries.
    kernel : SoftmaxKernel or str
        Its metric is that of the rows.

    Returns
    -------
    PairTransform

    Raises
    ------
    TypeError
        On another dtype, or two of them.
    ValueError
        When an array is empty, columns differ, on NaN or infinity, or when the kernel is not the
        exponential of an inner product.

    See Also
    --------
    mean_square_sums, with_optimal_parameters : one parameter per direction of the result.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> rng = np.random.default_rng(0)
    >>> queries = rng.normal(size=(100, 2)) * [3.0, 0.1] + 1.0
    >>> keys = rng.normal(size=(100, 2))
    >>> spec = bo.FeatureMapSpec(2, 64, bo.SoftmaxKernel(0.3), features=bo.PositiveFeatures())
    >>> fitted = spec.__replace__(transform=bo.optimal_pair_transform(queries, keys))
    >>> before, after = (bo.mean_square_sums(s, queries, keys).sum() for s in (spec, fitted))
    >>> bool(after < 0.6 * before)
    True
    """
    function = "optimal_pair_transform"
    queries, keys = both_alike(function, queries, keys, ("queries", "keys"))
    transform: PairTransform = _core.optimal_pair_transform(
        queries, keys, kernel_of(function, kernel)
    )
    return transform
