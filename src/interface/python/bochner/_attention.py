# SPDX-License-Identifier: Apache-2.0
"""Attention by random features: linear in the length of the sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from bochner import _core
from bochner._arrays import Array, ArrayLike, like, threads
from bochner._attention_inputs import (
    ALL_INPUTS,
    AXES,
    Gradients,
    Maps,
    OffsetLike,
    Products,
    Rest,
    WithRespectTo,
    as_maps,
    gradients_or_new,
    inputs,
    options_of,
    stored_inputs,
    written,
)
from bochner._attention_results import AttentionReport, report_of
from bochner._options import flag
from bochner._stored_arrays import StoredLike, stored_output

if TYPE_CHECKING:
    from bochner._core.options import ExactPairs


@overload
def attention(
    feature_map: Maps,
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
    products: Products = ...,
    decay: ArrayLike | None = ...,
    gates: ArrayLike | None = ...,
    exact: ExactPairs | None = ...,
    rest: Rest = ...,
    out: StoredLike | None = ...,
    num_threads: int | None = ...,
    return_report: Literal[False] = ...,
) -> Array: ...
@overload
def attention(
    feature_map: Maps,
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
    products: Products = ...,
    decay: ArrayLike | None = ...,
    gates: ArrayLike | None = ...,
    exact: ExactPairs | None = ...,
    rest: Rest = ...,
    out: StoredLike | None = ...,
    num_threads: int | None = ...,
    return_report: Literal[True],
) -> tuple[Array, AttentionReport]: ...
def attention(
    feature_map: Maps,
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
    products: Products = "full",
    decay: ArrayLike | None = None,
    gates: ArrayLike | None = None,
    exact: ExactPairs | None = None,
    rest: Rest = "features",
    out: StoredLike | None = None,
    num_threads: int | None = None,
    return_report: bool = False,
) -> Array | tuple[Array, AttentionReport]:
    """Attention by random features: linear in the length of the sequence.

    With phi of `feature_map`, over the keys that query i sees,
    ``out_i = sum_j (phi(q_i) @ phi(k_j)) v_j / sum_j phi(q_i) @ phi(k_j)``; for a softmax kernel an
    estimate of ``softmax(scale * Q @ K.T) @ V``. The scale is the kernel's:
    ``SoftmaxKernel.for_dimension(d)`` gives ``1 / sqrt(d)``.

    Exponential maps are stabilised feature by feature with powers of two, so that no row underflows
    at any norm. Results have the same bits for any number of threads and any grouping of batch
    entries and heads; with `causal`, row i has the same bits whatever comes after it. A NaN or
    infinity in a live key or value reaches the rows that see it and no other.

    Costs O((L + S) D (d + d_v)) per head, and memory O(D d_v) per head in work.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str, or a sequence of them
        One map for all heads, or one per key head.
    queries : array of shape (batch, heads, L, d)
        float32 or float64, any strides; or float16 or bfloat16, which are widened to float32 a few
        heads at a time, with the bits that float32 copies would give.
    keys : array of shape (batch, key_heads, S, d)
        `key_heads` divides `heads`: query head h reads key head ``h // (heads // key_heads)``.
    values : array of shape (batch, key_heads, S, d_v)
    causal : bool
        Query i sees the keys ``j <= i + query_offset`` only.
    query_offset : int, or integers of shape (batch,) or (sequences,)
        Position of query 0 among the keys: S - L when the queries are the last L of S positions. In
        packed sequences it counts inside each of them. Several: one per packed sequence, or per
        batch entry where nothing is packed (caches of different lengths).
    key_mask : bool array of shape (batch, S), optional
        True for live keys. The others are never read: whatever they and their values hold, no bit
        of the output changes.
    key_lengths : integers of shape (batch,), optional
        Keys from there on are not live. Not together with `key_mask`.
    cu_seqlens : integers of shape (n + 1,), optional
        Packed sequences of various lengths, for a batch of 1: ``0 = b_0 <= ... <= b_n = L``, and
        queries ``b_i ... b_(i+1) - 1`` see only the keys of the same sequence.
    cu_seqlens_keys : integers of shape (n + 1,), optional
        The same for the keys, ending at S; without it, `cu_seqlens`.
    products : {"full", "bfloat16"}
        Arithmetic of the two large products: the dtype's, or factors rounded to bfloat16 with sums
        in float32 (float32 inputs only).
    decay : array of shape (key_heads,), optional
        Weights are multiplied by ``exp(-decay * distance)``, ``distance = i + query_offset - j``:
        one rate of at least 0 for each key head, with `causal` alone. ALiBi's biases, of
        `alibi_slopes`, and RetNet's decay; no approximation. Not with blocks or means.
    gates : array of shape (batch, key_heads, S), optional
        One factor from 0 to 1 per key and head, with `causal` alone: the weight of key j is
        multiplied by the product of the gates at the positions after j, up to the last live key
        that the query sees, as in gated linear attention [Dao24, Yang24]; no approximation. A gate
        of 0 forgets what came before its position exactly. Gates belong to positions: the gate of
        a key that `key_mask` hides acts on the keys before it as well, when a live one follows. Of
        float64, or float32; not with blocks or means.
    exact : ExactPairs, optional
        The pairs of a query and a key that are weighed exactly, with ``k(q, k)`` itself, in one
        normaliser with the features of the others. The kernel must be softmax or Gaussian.
    rest : {"features", "means", "none"}
        How the others are weighed: by random features; blocks of keys by their means; or not at
        all.
    out : array of shape (batch, heads, L, d_v), optional
        Where to write, any strides, not overlapping the inputs: of their dtype, or, where that is
        float16 or bfloat16, of float32.
    num_threads : int, optional
        Threads to use; without it OpenMP decides.
    return_report : bool
        Whether to return an `AttentionReport` too.

    Returns
    -------
    out : array of shape (batch, heads, L, d_v)
        Without `out`, float32 for float16 and bfloat16.
    report : AttentionReport
        With `return_report`.

    Raises
    ------
    TypeError
        On another dtype, or several.
    ValueError
        When shapes do not fit, options contradict each other, `out` overlaps an input, a row is too
        long for the map (``|x|^2`` beyond about 1e8), or a value is beyond 2^100 (float64: 2^996).
        Whatever else leaves the range is counted in the report.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> rng = np.random.default_rng(0)
    >>> q, k, v = 0.5 * rng.normal(size=(3, 1, 2, 50, 4))
    >>> kernel = bo.SoftmaxKernel(0.5)
    >>> spec = bo.FeatureMapSpec(4, 2048, kernel, features=bo.HyperbolicFeatures(), seed=1)
    >>> out = bo.attention(spec, q, k, v, causal=True)
    >>> exact = bo.exact_attention(kernel, q, k, v, causal=True)
    >>> bool(np.linalg.norm(out - exact) < 0.1 * np.linalg.norm(exact))
    True

    A window exactly, and the other pairs by features:

    >>> near = bo.attention(spec, q, k, v, causal=True, exact=bo.ExactPairs(window=16))
    >>> bool(np.linalg.norm(near - exact) < np.linalg.norm(out - exact))
    True

    A cache of float16 is not copied:

    >>> cache = [x.astype(np.float16) for x in (q, k, v)]
    >>> out = bo.attention(spec, *cache, causal=True)
    >>> np.array_equal(out, bo.attention(spec, *[x.astype(np.float32) for x in cache], causal=True))
    True
    """
    name = "attention"
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
        products=products,
        decay=decay,
        gates=gates,
        exact=exact,
        rest=rest,
    )
    wants_report = flag(name, "return_report", return_report)
    to, result = stored_output(name, out, (*q.shape[:3], v.shape[3]), q)
    report = _core.attention(
        as_maps(name, feature_map, k), q, k, v, to, options, threads(name, num_threads)
    )
    return (result, report_of(report)) if wants_report else result


def attention_gradient(
    feature_map: Maps,
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
    decay: ArrayLike | None = None,
    gates: ArrayLike | None = None,
    exact: ExactPairs | None = None,
    rest: Rest = "features",
    wrt: WithRespectTo = ALL_INPUTS,
    gradients: Gradients | None = None,
    num_threads: int | None = None,
) -> Gradients:
    """Gradients of ``(out_gradient * out).sum()`` with respect to queries, keys, values and gates.

    A key and a value head collect the gradients of all query heads that read it. Keys that are not
    live get zeros, as do rows that saw no key or whose normaliser was zero. Gradients are those of
    full products, whatever `attention` used.

    Costs O((L + S) D (d + d_v)) per head, about three times `attention`, and memory O(D d_v) per
    head in work, with `causal` a state for each 1,024 keys of the heads in work. Exact pairs,
    means, and features beside blocks cost three to four times what they do in `attention`, too.

    Parameters
    ----------
    feature_map, queries, keys, values
        As `attention` had them.
    out : array of shape (batch, heads, L, d_v)
        What `attention` returned for these inputs and options.
    out_gradient : array of shape (batch, heads, L, d_v)
    causal, query_offset, key_mask, key_lengths, cu_seqlens, cu_seqlens_keys, decay, gates
        As `attention` had them.
    exact, rest
        As `attention` had them. Which pairs are weighed exactly is a constant of the gradients,
        though blocks and the heaviest keys are chosen by the data; the weights of these pairs are
        differentiated, and what `rest` makes of the others.
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
        As `attention`.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> q, k, v = np.random.default_rng(0).normal(size=(3, 1, 1, 20, 4))
    >>> spec = bo.FeatureMapSpec(4, 64, bo.SoftmaxKernel(), features=bo.PositiveFeatures())
    >>> out = bo.attention(spec, q, k, v)
    >>> dq, dk, dv = bo.attention_gradient(spec, q, k, v, out, np.ones_like(out))
    >>> np.allclose(dv.sum(), out.size)  # weights of a row add up to 1
    True
    """
    name = "attention_gradient"
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
        decay=decay,
        gates=gates,
        exact=exact,
        rest=rest,
    )
    wanted = gradients_or_new(name, gradients, wrt, q, k, v, gates)
    _core.attention_gradient(
        as_maps(name, feature_map, k),
        q,
        k,
        v,
        like(name, "out", out, AXES, "queries", q.dtype),
        like(name, "out_gradient", out_gradient, AXES, "queries", q.dtype),
        *written(wanted),
        options,
        threads(name, num_threads),
    )
    return tuple(wanted.values())
