# SPDX-License-Identifier: Apache-2.0
"""Exact attention: the oracle, the fallback and the honest comparison."""

from __future__ import annotations

from typing import Any, Literal, overload

from bochner import _core
from bochner._arrays import Array, ArrayLike, like, numbers, threads
from bochner._attention_inputs import (
    ALL_INPUTS,
    AXES,
    Gradients,
    OffsetLike,
    WithRespectTo,
    bias_of,
    gradients_or_new,
    inputs,
    options_of,
    stored_inputs,
    written,
)
from bochner._attention_results import AttentionReport, report_of
from bochner._options import flag
from bochner._specs import kernel_of
from bochner._stored_arrays import StoredLike, stored_output


@overload
def exact_attention(
    kernel: Any,
    queries: StoredLike,
    keys: StoredLike,
    values: StoredLike,
    *,
    causal: bool = ...,
    query_offset: OffsetLike = ...,
    key_mask: ArrayLike | None = ...,
    key_lengths: ArrayLike | None = ...,
    cu_seqlens: ArrayLike | None = ...,
    cu_seqlens_keys: ArrayLike | None = ...,
    bias: ArrayLike | None = ...,
    allowed: ArrayLike | None = ...,
    window: int | None = ...,
    decay: ArrayLike | None = ...,
    gates: ArrayLike | None = ...,
    out: StoredLike | None = ...,
    num_threads: int | None = ...,
    return_report: Literal[False] = ...,
) -> Array: ...
@overload
def exact_attention(
    kernel: Any,
    queries: StoredLike,
    keys: StoredLike,
    values: StoredLike,
    *,
    causal: bool = ...,
    query_offset: OffsetLike = ...,
    key_mask: ArrayLike | None = ...,
    key_lengths: ArrayLike | None = ...,
    cu_seqlens: ArrayLike | None = ...,
    cu_seqlens_keys: ArrayLike | None = ...,
    bias: ArrayLike | None = ...,
    allowed: ArrayLike | None = ...,
    window: int | None = ...,
    decay: ArrayLike | None = ...,
    gates: ArrayLike | None = ...,
    out: StoredLike | None = ...,
    num_threads: int | None = ...,
    return_report: Literal[True],
) -> tuple[Array, AttentionReport]: ...
def exact_attention(
    kernel: Any,
    queries: StoredLike,
    keys: StoredLike,
    values: StoredLike,
    *,
    causal: bool = False,
    query_offset: OffsetLike = 0,
    key_mask: ArrayLike | None = None,
    key_lengths: ArrayLike | None = None,
    cu_seqlens: ArrayLike | None = None,
    cu_seqlens_keys: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    allowed: ArrayLike | None = None,
    window: int | None = None,
    decay: ArrayLike | None = None,
    gates: ArrayLike | None = None,
    out: StoredLike | None = None,
    num_threads: int | None = None,
    return_report: bool = False,
) -> Array | tuple[Array, AttentionReport]:
    """Exact kernel attention.

    ``out_i = sum_j k(q_i, k_j) exp(bias_ij) v_j / sum_j k(q_i, k_j) exp(bias_ij)``; for softmax
    kernels ``softmax(scale * Q @ K.T + bias) @ V``. The L x S weights are never stored.

    Right for every size of logits, biases and values: rows that need it are computed in double.
    What a mask, a window or `allowed` hides from a row may hold anything; a bias hides nothing.

    Costs O(L S (d + d_v)) per head, several times more in rows that need the wide range.

    Parameters
    ----------
    kernel : SoftmaxKernel, GaussianKernel or str
    queries, keys, values
        As in `attention`.
    causal, query_offset, key_mask, key_lengths, cu_seqlens, cu_seqlens_keys
        As in `attention`.
    bias : array that broadcasts to (batch, heads, L, S), optional
        Added to the logits; of the dtype of the queries (float32 for float16 and bfloat16),
        finite.
    allowed : bool array that broadcasts to (batch, heads, L, S), optional
        True where a query may see a key.
    window : int, optional
        Query i sees the keys ``j > i + query_offset - window`` only, at least 1.
    decay, gates
        As in `attention`.
    out, num_threads, return_report
        As in `attention`.

    Returns
    -------
    out : array of shape (batch, heads, L, d_v)
    report : AttentionReport
        With `return_report`.

    Raises
    ------
    TypeError
        On another dtype, or several.
    ValueError
        As `attention`, when the kernel is neither softmax nor Gaussian, and when products of rows
        could leave the range of double (1e300).

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> q, k, v = np.random.default_rng(0).normal(size=(3, 1, 1, 5, 4))
    >>> out = bo.exact_attention(bo.SoftmaxKernel(), q, k, v)
    >>> weights = np.exp(q @ k.swapaxes(2, 3))
    >>> np.allclose(out, weights @ v / weights.sum(axis=3, keepdims=True))
    True
    """
    name = "exact_attention"
    kernel = kernel_of(name, kernel)
    q, k, v = stored_inputs(name, queries, keys, values)
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
    wants_report = flag(name, "return_report", return_report)
    to, result = stored_output(name, out, (*q.shape[:3], v.shape[3]), q)
    report = _core.exact_attention(
        kernel, q, k, v, to, options, bias_of(name, bias, q, k), threads(name, num_threads)
    )
    return (result, report_of(report)) if wants_report else result


def exact_attention_gradient(
    kernel: Any,
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    out: ArrayLike,
    out_gradient: ArrayLike,
    *,
    causal: bool = False,
    query_offset: OffsetLike = 0,
    key_mask: ArrayLike | None = None,
    key_lengths: ArrayLike | None = None,
    cu_seqlens: ArrayLike | None = None,
    cu_seqlens_keys: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    allowed: ArrayLike | None = None,
    window: int | None = None,
    decay: ArrayLike | None = None,
    gates: ArrayLike | None = None,
    wrt: WithRespectTo = ALL_INPUTS,
    gradients: Gradients | None = None,
    num_threads: int | None = None,
) -> Gradients:
    """Gradients of ``(out_gradient * out).sum()`` with respect to queries, keys, values and gates.

    Costs O(L S (d + d_v)) and memory O(L + S) per head: weights are computed again.

    Parameters
    ----------
    kernel, queries, keys, values
        As `exact_attention` had them.
    out : array of shape (batch, heads, L, d_v)
        What `exact_attention` returned for these inputs and options.
    out_gradient : array of shape (batch, heads, L, d_v)
    causal, query_offset, key_mask, key_lengths, cu_seqlens, cu_seqlens_keys
        As `exact_attention` had them.
    bias, allowed, window, decay, gates
        As `exact_attention` had them.
    wrt : sequence of {"queries", "keys", "values", "gates"}
        The gradients that are wanted. The others are not computed, which changes no bit of these.
        That of gates is float64, and 0 for a gate of 0, since what comes before it is not read.
    gradients : tuple of arrays, optional
        Where to write them, of the shapes of their inputs; overlapping nothing.
    num_threads : int, optional
        Threads to use; without it OpenMP decides. The same bits for any number.

    Returns
    -------
    tuple of arrays
        The gradients of `wrt`, in its order, of the shapes of their inputs.

    Raises
    ------
    TypeError, ValueError
        As `exact_attention`, and when products of values, rows and `out_gradient` could leave the
        range of double.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> q, k, v = np.random.default_rng(0).normal(size=(3, 1, 1, 20, 4))
    >>> out = bo.exact_attention(bo.SoftmaxKernel(), q, k, v)
    >>> dq, dk, dv = bo.exact_attention_gradient(
    ...     bo.SoftmaxKernel(), q, k, v, out, np.ones_like(out)
    ... )
    >>> np.allclose(dv.sum(), out.size)  # weights of a row add up to 1
    True
    """
    name = "exact_attention_gradient"
    kernel = kernel_of(name, kernel)
    q, k, v = inputs(name, queries, keys, values)
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
    wanted = gradients_or_new(name, gradients, wrt, q, k, v, gates)
    _core.exact_attention_gradient(
        kernel,
        q,
        k,
        v,
        like(name, "out", out, AXES, "queries", q.dtype),
        like(name, "out_gradient", out_gradient, AXES, "queries", q.dtype),
        *written(wanted),
        options,
        bias_of(name, bias, q, k),
        threads(name, num_threads),
    )
    return tuple(wanted.values())


def softmax_scale_gradient(
    kernel: Any,
    queries: ArrayLike,
    keys: ArrayLike,
    query_gradient: ArrayLike,
    key_gradient: ArrayLike,
) -> float:
    """The derivative with respect to the scale s of a softmax kernel.

    ``((q * dq).sum() + (k * dk).sum()) / (2 * s)``, since s enters as ``sqrt(s) * q`` and
    ``sqrt(s) * k``. Of `exact_attention` as of `attention`, for maps without shifts (which do
    not scale with them).

    Parameters
    ----------
    kernel : SoftmaxKernel or str
    queries : array of shape (batch, heads, L, d)
    keys : array of shape (batch, key_heads, S, d)
    query_gradient, key_gradient
        Gradients with respect to them, of their shapes.

    Returns
    -------
    float

    Raises
    ------
    TypeError
        On another dtype, or several.
    ValueError
        When the kernel is not softmax or shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> q, k, v = np.random.default_rng(0).normal(size=(3, 1, 1, 20, 4))
    >>> def loss(scale):
    ...     return bo.exact_attention(bo.SoftmaxKernel(scale), q, k, v).sum()
    >>> kernel = bo.SoftmaxKernel(0.5)
    >>> out = bo.exact_attention(kernel, q, k, v)
    >>> dq, dk, dv = bo.exact_attention_gradient(kernel, q, k, v, out, np.ones_like(out))
    >>> slope = (loss(0.5 + 1e-5) - loss(0.5 - 1e-5)) / 2e-5
    >>> np.allclose(bo.softmax_scale_gradient(kernel, q, k, dq, dk), slope)
    True
    """
    name = "softmax_scale_gradient"
    kernel = kernel_of(name, kernel)
    q = numbers(name, "queries", queries, AXES)
    k = like(name, "keys", keys, AXES, "queries", q.dtype)
    dq = like(name, "query_gradient", query_gradient, AXES, "queries", q.dtype)
    dk = like(name, "key_gradient", key_gradient, AXES, "queries", q.dtype)
    return _core.softmax_scale_gradient(kernel, q, k, dq, dk)
