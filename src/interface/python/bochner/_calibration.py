# SPDX-License-Identifier: Apache-2.0
"""Transforms and parameters of heads, taken from data."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Literal

from bochner import _core
from bochner._arrays import ArrayLike, like, numbers, threads
from bochner._attention_inputs import AXES, rows_that_count
from bochner._options import whole, word
from bochner._results import Result
from bochner._specs import spec_of

if TYPE_CHECKING:
    from bochner._core.options import FeatureMapSpec


@dataclasses.dataclass(frozen=True)
class CalibratedHead(Result):
    """What data say about one key head.

    Parameters
    ----------
    spec
        With the transform and the parameters of these data.
    mean_square
        The mean of ``|q + k|^2`` over pairs of a query and a key of one batch entry, after scaling
        and transform; of ``|q - k|^2`` for maps of differences (trigonometric). Variances grow like
        an exponential of it.
    """

    spec: FeatureMapSpec
    mean_square: float


def calibrate(
    base: FeatureMapSpec | str,
    layer: int,
    queries: ArrayLike,
    keys: ArrayLike,
    *,
    fit: Literal["directions", "shifts"] = "directions",
    query_mask: ArrayLike | None = None,
    key_mask: ArrayLike | None = None,
    num_threads: int | None = None,
) -> list[CalibratedHead]:
    """The specs of the key heads of a layer, fitted to a sample of its queries and keys.

    Each is that of `head_specs`, with the transform that suits the head's queries and keys, then,
    where the features have a parameter a, what is optimal for the mean squares of q + k that are
    left: what hyperbolic OPRF features are for. The transform is exact: it changes no kernel value.

    Costs O((L + S) d^2 + d^3) per head, O((L + S) d) for shifts.

    Parameters
    ----------
    base : FeatureMapSpec or str
        Kernel, projection and features of all heads, and the seed of the network.
    layer : int
        From 0.
    queries : array of shape (batch, heads, L, d)
        float32 or float64, before the kernel's scaling; query heads count for the key head that
        they read.
    keys : array of shape (batch, key_heads, S, d)
        `key_heads` divides `heads`.
    fit : {"directions", "shifts"}
        directions, for softmax kernels: means and covariances (`optimal_pair_transform`), and one
        parameter per direction (`with_optimal_parameters`); the sample should have more rows than
        d. shifts, and other kernels: means alone (`optimal_centring`) and one parameter.
    query_mask : bool array of shape (batch, L), optional
        True for queries that count. The others are never read.
    key_mask : bool array of shape (batch, S), optional
        The same for keys.
    num_threads : int, optional
        Threads to use; without it OpenMP decides. The same bits for any number.

    Returns
    -------
    list of CalibratedHead
        One for each key head.

    Raises
    ------
    TypeError
        On another dtype, or several.
    ValueError
        When the kernel is neither softmax nor Gaussian, when the error of the features depends on
        more than that square, when shapes do not fit, a head has no pair that counts, or a row that
        counts is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> rng = np.random.default_rng(0)
    >>> q, k = rng.normal(size=(2, 1, 2, 50, 4)) / 2
    >>> base = bo.FeatureMapSpec(
    ...     4, 64, bo.SoftmaxKernel(), features=bo.HyperbolicOprfFeatures(), seed=1
    ... )
    >>> heads = bo.calibrate(base, 0, q + 3.0, k)  # a mean that says nothing about similarity
    >>> [head.mean_square < 4.0 for head in heads]
    [True, True]
    >>> bo.attention([head.spec for head in heads], q + 3.0, k, k).shape
    (1, 2, 50, 4)
    """
    name = "calibrate"
    q = numbers(name, "queries", queries, AXES)
    k = like(name, "keys", keys, AXES, "queries", q.dtype)
    found = _core.calibrate(
        spec_of(name, base, "base"),
        whole(name, "layer", layer, 0),
        q,
        k,
        word(name, "fit", fit),
        rows_that_count(name, "query_mask", query_mask, (q.shape[0], q.shape[2]), "batch, queries"),
        rows_that_count(name, "key_mask", key_mask, (q.shape[0], k.shape[2]), "batch, keys"),
        threads(name, num_threads),
    )
    return [CalibratedHead(*head) for head in found]
