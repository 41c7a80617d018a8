# SPDX-License-Identifier: Apache-2.0
"""Rows of the weights of attention."""

from __future__ import annotations

import numpy as np

from bochner import _core
from bochner._arrays import Array, ArrayLike, threads
from bochner._attention_inputs import (
    Maps,
    OffsetLike,
    as_maps,
    options_of,
    queries_keys_and_rows,
)
from bochner._specs import KernelLike, kernel_of


def attention_rows(
    feature_map: Maps,
    queries: ArrayLike,
    keys: ArrayLike,
    rows: ArrayLike,
    *,
    causal: bool = False,
    query_offset: OffsetLike = 0,
    key_mask: ArrayLike | None = None,
    key_lengths: ArrayLike | None = None,
    cu_seqlens: ArrayLike | None = None,
    cu_seqlens_keys: ArrayLike | None = None,
    decay: ArrayLike | None = None,
    gates: ArrayLike | None = None,
    num_threads: int | None = None,
) -> Array:
    """Rows of the matrix that `attention` multiplies the values by and never forms.

    ``phi(q) @ phi(k_j) / sum_l phi(q) @ phi(k_l)`` over the keys that the query sees, each product
    with its decay and gates; 0 for the others, and all of a row that sees none or whose normaliser
    is zero.

    Costs O(S (m d + D)) per row; rows that see the same keys share the first part.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str, or a sequence of them
        One map for all heads, or one per key head.
    queries, keys
        As in `attention`.
    rows : integers of shape (n, 3)
        Batch entry, head and query of each row.
    causal, query_offset, key_mask, key_lengths, cu_seqlens, cu_seqlens_keys, decay, gates
        As in `attention`.
    num_threads : int, optional
        Threads to use; without it OpenMP decides. The same bits for any number.

    Returns
    -------
    array of shape (n, S)

    Raises
    ------
    TypeError, ValueError
        As `attention`, and when a row is not one of the queries.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> q, k = np.random.default_rng(0).normal(size=(2, 1, 2, 6, 4))
    >>> spec = bo.FeatureMapSpec(4, 64, bo.SoftmaxKernel(), features=bo.PositiveFeatures())
    >>> bo.attention_rows(spec, q, k, [(0, 1, 2)], causal=True).shape
    (1, 6)
    """
    name = "attention_rows"
    q, k, table = queries_keys_and_rows(name, queries, keys, rows)
    options = options_of(
        name,
        q,
        k,
        causal,
        query_offset,
        key_mask,
        key_lengths,
        cu_seqlens,
        cu_seqlens_keys,
        decay=decay,
        gates=gates,
    )
    out: Array = np.empty((table.shape[0], k.shape[2]), q.dtype)
    _core.attention_rows(
        as_maps(name, feature_map, k),
        q,
        k,
        table,
        out,
        options,
        threads(name, num_threads),
    )
    return out


def exact_attention_rows(
    kernel: KernelLike,
    queries: ArrayLike,
    keys: ArrayLike,
    rows: ArrayLike,
    *,
    causal: bool = False,
    query_offset: OffsetLike = 0,
    key_mask: ArrayLike | None = None,
    key_lengths: ArrayLike | None = None,
    cu_seqlens: ArrayLike | None = None,
    cu_seqlens_keys: ArrayLike | None = None,
    allowed: ArrayLike | None = None,
    window: int | None = None,
    decay: ArrayLike | None = None,
    gates: ArrayLike | None = None,
    num_threads: int | None = None,
) -> Array:
    """The same rows of exact attention, ``k(q, k_j) / sum_l k(q, k_l)``.

    Computed in double, whatever the dtype. Costs O(S d) per row.

    Parameters
    ----------
    kernel : SoftmaxKernel, GaussianKernel or str
    queries, keys
        As in `attention`.
    rows : integers of shape (n, 3)
        Batch entry, head and query of each row.
    causal, query_offset, key_mask, key_lengths, cu_seqlens, cu_seqlens_keys
        As in `exact_attention`.
    allowed, window, decay, gates
        As in `exact_attention`.
    num_threads : int, optional
        Threads to use; without it OpenMP decides. The same bits for any number.

    Returns
    -------
    array of shape (n, S)

    Raises
    ------
    TypeError, ValueError
        As `exact_attention`, and when a row is not one of the queries.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> q, k = np.random.default_rng(0).normal(size=(2, 1, 1, 6, 4))
    >>> row = bo.exact_attention_rows(bo.SoftmaxKernel(), q, k, [(0, 0, 2)], causal=True)
    >>> (row > 0).tolist()
    [[True, True, True, False, False, False]]
    """
    name = "exact_attention_rows"
    kernel = kernel_of(name, kernel)
    q, k, table = queries_keys_and_rows(name, queries, keys, rows)
    options = options_of(
        name,
        q,
        k,
        causal,
        query_offset,
        key_mask,
        key_lengths,
        cu_seqlens,
        cu_seqlens_keys,
        allowed=allowed,
        window=window,
        decay=decay,
        gates=gates,
    )
    out: Array = np.empty((table.shape[0], k.shape[2]), q.dtype)
    _core.exact_attention_rows(kernel, q, k, table, out, options, threads(name, num_threads))
    return out
