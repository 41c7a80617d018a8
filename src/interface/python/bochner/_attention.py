# SPDX-License-Identifier: Apache-2.0
"""Attention by random features, beside exact attention."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

import numpy as np

from bochner import _core
from bochner._arrays import (
    Array,
    ArrayLike,
    broadcast,
    flag,
    integers,
    like,
    mask,
    numbers,
    output,
    real,
    threads,
    whole,
)
from bochner._core.options import FeatureMapSpec
from bochner._map import FeatureMap, as_map
from bochner._results import Result

if TYPE_CHECKING:
    from numpy.typing import NDArray

Map: TypeAlias = "FeatureMap | FeatureMapSpec | str"
"""A map, its spec, or the spec's text."""

Maps: TypeAlias = "Map | Sequence[Map]"
"""One map for all heads, or one a key head."""

Gradients: TypeAlias = "tuple[Array, Array, Array]"
"""Of queries, keys and values."""

Products: TypeAlias = Literal["full", "bfloat16"]
Advice: TypeAlias = Literal["fine", "keep-exact", "more-frequencies", "change-map", "centre"]
Backend: TypeAlias = Literal["exact", "random-features"]

AXES = "batch, heads, length, dimension"
_BACKENDS = ("exact", "random-features")
_PAIRS = "batch, heads, queries, keys"


@dataclasses.dataclass(frozen=True)
class AttentionReport(Result):
    """What happened, summed over all rows of the output.

    Parameters
    ----------
    empty_rows
        Rows that see no key: zeros.
    underflowed_rows
        Rows whose normaliser was zero, because every product of a query feature and a key feature
        is (signed and rectified maps only): zeros.
    negative_rows
        Rows whose normaliser was negative (signed maps only): the output means little.
    nonfinite_rows
        Rows that hold a NaN or an infinity: they see one, or sums overflowed.
    arithmetic
        The products that ran: "float", "double", "bfloat16", or "bfloat16 (emulated)".
    """

    empty_rows: int
    underflowed_rows: int
    negative_rows: int
    nonfinite_rows: int
    arithmetic: str


@dataclasses.dataclass(frozen=True)
class AttentionErrorReport(Result):
    """What stands behind the standard errors of `attention_with_error`.

    Parameters
    ----------
    attention
        Of the output.
    source
        "blocks", the jackknife over independent blocks of the frequencies of the one draw, or
        "redraws", the spread of fresh draws where there are too few blocks.
    groups
        Blocks (in groups of equal size when over 64), or redraws.
    degrees_of_freedom
        Of every standard error.
    """

    attention: AttentionReport
    source: Literal["blocks", "redraws"]
    groups: int
    degrees_of_freedom: float

    def factor(self, level: float = 0.95) -> float:
        """Student's t quantile.

        ``out +- factor(level) * standard_error`` is an interval of nominal coverage `level`.
        Measured coverage falls short where ``|q + k|^2`` is large.

        Raises
        ------
        ValueError
            When `level` is not between 0 and 1.
        """
        level = real("AttentionErrorReport.factor", "level", level)
        return _core.attention_error_factor(self.degrees_of_freedom, level)


@dataclasses.dataclass(frozen=True)
class EffectiveNorms(Result):
    """Squared norms ``|q + k|^2`` over pairs of a sampled query and a key that it sees.

    After the kernel's scaling and the map's centring; ``|q - k|^2`` for maps of differences
    (trigonometric). Variances grow like exponentials of it.

    Parameters
    ----------
    mean, median
    upper
        95 % are below.
    largest
    """

    mean: float
    median: float
    upper: float
    largest: float


@dataclasses.dataclass(frozen=True)
class AttentionComparison(Result):
    """How good attention by random features is on given inputs, and what would make it better.

    Errors are root mean squares over the sampled rows, relative to that of the exact outputs.

    Parameters
    ----------
    attention
        Of the whole output: empty rows, underflow, arithmetic.
    rows
        Sampled rows that see a key.
    output_error
        Measured.
    predicted_error
        The same from the closed form.
    prediction_holds
        Whether the prediction can be relied on: the mean of ``|q + k|^2`` is at most 2. Beyond, it
        is dominated by mass that no sample sees.
    prediction_is_upper
        Whether it is an upper estimate: frequencies are quasi-random, and treated as independent.
    norms
        Of queries and keys, as the map sees them.
    centred_mean
        ``norms.mean`` if queries and keys were centred.
    advice
        "fine" (the error is at most 10 %), "keep-exact" (exact attention is faster than features
        that reach 10 %), "more-frequencies", "change-map" (hyperbolic OPRF features with the
        parameter of the data) or "centre" (the same map, centred).
    frequencies_needed
        For an error of 10 % at the rate ``m ** -0.5``, in whole blocks.
    sentence
        The advice, in one sentence.
    """

    attention: AttentionReport
    rows: int
    output_error: float
    predicted_error: float
    prediction_holds: bool
    prediction_is_upper: bool
    norms: EffectiveNorms
    centred_mean: float
    advice: Advice
    frequencies_needed: int
    sentence: str


_COSTS: dict[str, float] = _core.attention_costs()


@dataclasses.dataclass(frozen=True)
class AttentionCosts:
    """Nanoseconds on one thread. Only their ratios decide.

    Parameters
    ----------
    product
        Of a multiplication with its addition in a large product.
    weight
        Of the exponential of an exact weight, and what goes with it.
    feature
        Of the same for a feature.
    fold
        Of an entry of the state, each time a causal chunk joins it.
    """

    product: float = _COSTS["product"]
    weight: float = _COSTS["weight"]
    feature: float = _COSTS["feature"]
    fold: float = _COSTS["fold"]

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = real("AttentionCosts", field.name, getattr(self, field.name))
            if value < 0:
                raise ValueError(f"AttentionCosts: {field.name} is {value}, expected at least 0")


def report_of(found: dict[str, Any]) -> AttentionReport:
    """The report that C++ gave."""
    return AttentionReport(**found)


def _kernel(function: str, kernel: Any) -> Any:
    if isinstance(kernel, str):
        return _core.parse_kernel(kernel)
    if not isinstance(kernel, _core.kernels):
        raise TypeError(
            f"{function}: kernel is {type(kernel).__name__}, expected one of bochner.kernels or "
            "its text"
        )
    return kernel


def _maps(function: str, feature_map: Maps, keys: Array) -> list[_core.Map]:
    if isinstance(feature_map, (FeatureMap, FeatureMapSpec, str)) or not isinstance(
        feature_map, Sequence
    ):
        return [as_map(function, feature_map, "feature_map")._map]
    if len(feature_map) != keys.shape[1]:
        raise ValueError(
            f"{function}: feature_map has {len(feature_map)} entries, expected {keys.shape[1]} "
            "(one a key head)"
        )
    return [as_map(function, m, f"feature_map[{h}]")._map for h, m in enumerate(feature_map)]


def _inputs(
    function: str, queries: ArrayLike, keys: ArrayLike, values: ArrayLike
) -> tuple[Array, Array, Array]:
    q = numbers(function, "queries", queries, AXES)
    return (
        q,
        like(function, "keys", keys, AXES, "queries", q.dtype),
        like(function, "values", values, AXES, "queries", q.dtype),
    )


def _boundaries(function: str, name: str, value: ArrayLike | None) -> NDArray[np.int64] | None:
    if value is None:
        return None
    found = integers(function, name, value, "entries")
    if found.size == 0:
        raise ValueError(f"{function}: {name} has no entries, expected at least 0 itself")
    return found


def _options(
    function: str,
    q: Array,
    k: Array,
    causal: bool,
    query_offset: int,
    key_mask: ArrayLike | None,
    key_lengths: ArrayLike | None,
    cu_seqlens: ArrayLike | None,
    cu_seqlens_keys: ArrayLike | None,
    *,
    products: Products = "full",
    allowed: ArrayLike | None = None,
    window: int | None = None,
) -> _core.AttentionOptions:
    batch, heads, num_queries, _ = q.shape
    num_keys = k.shape[2]
    if key_mask is not None:
        shape = getattr(key_mask, "shape", None)
        if shape is not None and tuple(shape) != (batch, num_keys):
            raise ValueError(
                f"{function}: key_mask has shape {tuple(shape)}, expected {(batch, num_keys)} "
                "(batch, keys)"
            )
        key_mask = mask(function, "key_mask", key_mask, (batch, num_keys), "batch, keys")
    if key_lengths is not None:
        key_lengths = integers(function, "key_lengths", key_lengths, "batch")
        if key_lengths.shape[0] != batch:
            raise ValueError(
                f"{function}: key_lengths has {key_lengths.shape[0]} entries, expected {batch} "
                "(one a batch entry)"
            )
    cu_seqlens = _boundaries(function, "cu_seqlens", cu_seqlens)
    cu_seqlens_keys = _boundaries(function, "cu_seqlens_keys", cu_seqlens_keys)
    if cu_seqlens_keys is not None and cu_seqlens is None:
        raise ValueError(f"{function}: cu_seqlens_keys is given without cu_seqlens")
    if allowed is not None:
        allowed = mask(function, "allowed", allowed, (batch, heads, num_queries, num_keys), _PAIRS)
    if products not in ("full", "bfloat16"):
        raise ValueError(f"{function}: products is {products!r}, expected 'full' or 'bfloat16'")
    return _core.AttentionOptions(
        "causal" if flag(function, "causal", causal) else "none",
        whole(function, "query_offset", query_offset, -(2**60)),
        key_mask,
        key_lengths,
        cu_seqlens,
        cu_seqlens_keys,
        products,
        allowed,
        0 if window is None else whole(function, "window", window, 1),
    )


def _bias(function: str, bias: ArrayLike | None, q: Array, k: Array) -> Array | None:
    if bias is None:
        return None
    shape = getattr(bias, "shape", ())
    array = numbers(function, "bias", bias, ", ".join(_PAIRS.split(", ")[max(0, 4 - len(shape)) :]))
    if array.dtype != q.dtype:
        raise TypeError(
            f"{function}: bias has dtype {array.dtype} and queries {q.dtype}, expected one dtype "
            "for both"
        )
    return broadcast(function, "bias", array, (*q.shape[:3], k.shape[2]), _PAIRS)


def _gradients(function: str, given: Gradients | None, q: Array, k: Array, v: Array) -> Gradients:
    if given is None:
        return np.empty(q.shape, q.dtype), np.empty(k.shape, q.dtype), np.empty(v.shape, q.dtype)
    if not isinstance(given, tuple) or len(given) != 3:
        raise TypeError(
            f"{function}: gradients is {type(given).__name__}, expected a tuple of three arrays "
            "(of queries, keys and values)"
        )
    return (
        output(function, given[0], q.shape, q.dtype, "gradients[0]"),
        output(function, given[1], k.shape, q.dtype, "gradients[1]"),
        output(function, given[2], v.shape, q.dtype, "gradients[2]"),
    )


@overload
def attention(
    feature_map: Maps,
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    causal: bool = ...,
    query_offset: int = ...,
    key_mask: ArrayLike | None = ...,
    key_lengths: ArrayLike | None = ...,
    cu_seqlens: ArrayLike | None = ...,
    cu_seqlens_keys: ArrayLike | None = ...,
    products: Products = ...,
    out: Array | None = ...,
    num_threads: int | None = ...,
    return_report: Literal[False] = ...,
) -> Array: ...
@overload
def attention(
    feature_map: Maps,
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    causal: bool = ...,
    query_offset: int = ...,
    key_mask: ArrayLike | None = ...,
    key_lengths: ArrayLike | None = ...,
    cu_seqlens: ArrayLike | None = ...,
    cu_seqlens_keys: ArrayLike | None = ...,
    products: Products = ...,
    out: Array | None = ...,
    num_threads: int | None = ...,
    return_report: Literal[True],
) -> tuple[Array, AttentionReport]: ...
def attention(
    feature_map: Maps,
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    causal: bool = False,
    query_offset: int = 0,
    key_mask: ArrayLike | None = None,
    key_lengths: ArrayLike | None = None,
    cu_seqlens: ArrayLike | None = None,
    cu_seqlens_keys: ArrayLike | None = None,
    products: Products = "full",
    out: Array | None = None,
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
        One map for all heads, or one a key head.
    queries : array of shape (batch, heads, L, d)
        float32 or float64, any strides.
    keys : array of shape (batch, key_heads, S, d)
        `key_heads` divides `heads`: query head h reads key head ``h // (heads // key_heads)``.
    values : array of shape (batch, key_heads, S, d_v)
    causal : bool
        Query i sees the keys ``j <= i + query_offset`` only.
    query_offset : int
        Position of query 0 among the keys: S - L when the queries are the last L of S positions. In
        packed sequences it counts inside each of them.
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
    out : array of shape (batch, heads, L, d_v), optional
        Where to write, any strides, not overlapping the inputs.
    num_threads : int, optional
        Threads to use; without it OpenMP decides.
    return_report : bool
        Whether to return an `AttentionReport` too.

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
        When shapes do not fit, options contradict each other, `out` overlaps an input, a row is too
        long for the map (``|x|^2`` beyond about 1e8), or a value is beyond 2^100 (float64: 2^996).
        Whatever else leaves the range is counted in the report.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> rng = np.random.default_rng(0)
    >>> q, k, v = rng.normal(size=(3, 1, 2, 50, 4))
    >>> kernel = bo.SoftmaxKernel(0.5)
    >>> spec = bo.FeatureMapSpec(4, 2048, kernel, features=bo.HyperbolicFeatures(), seed=1)
    >>> out = bo.attention(spec, q, k, v, causal=True)
    >>> exact = bo.exact_attention(kernel, q, k, v, causal=True)
    >>> bool(np.linalg.norm(out - exact) < 0.1 * np.linalg.norm(exact))
    True
    """
    name = "attention"
    q, k, v = _inputs(name, queries, keys, values)
    options = _options(
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
    )
    out = output(name, out, (*q.shape[:3], v.shape[3]), q.dtype)
    report = _core.attention(
        _maps(name, feature_map, k), q, k, v, out, options, threads(name, num_threads)
    )
    return (out, report_of(report)) if flag(name, "return_report", return_report) else out


def attention_gradient(
    feature_map: Maps,
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    out: ArrayLike,
    out_gradient: ArrayLike,
    *,
    causal: bool = False,
    query_offset: int = 0,
    key_mask: ArrayLike | None = None,
    key_lengths: ArrayLike | None = None,
    cu_seqlens: ArrayLike | None = None,
    cu_seqlens_keys: ArrayLike | None = None,
    gradients: Gradients | None = None,
    num_threads: int | None = None,
) -> Gradients:
    """Gradients of ``(out_gradient * out).sum()`` with respect to queries, keys and values.

    A key and a value head collect the gradients of all query heads that read it. Keys that are not
    live get zeros, as do rows that saw no key or whose normaliser was zero. Gradients are those of
    full products, whatever `attention` used.

    Costs O((L + S) D (d + d_v)) per head, about three times `attention`, and memory O(D d_v) per
    head in work, with `causal` a state for each 1,024 keys of the heads in work.

    Parameters
    ----------
    feature_map, queries, keys, values
        As `attention` had them.
    out : array of shape (batch, heads, L, d_v)
        What `attention` returned for these inputs and options.
    out_gradient : array of shape (batch, heads, L, d_v)
    causal, query_offset, key_mask, key_lengths, cu_seqlens, cu_seqlens_keys
        As `attention` had them.
    gradients : tuple of three arrays, optional
        Where to write, of the shapes of queries, keys and values; overlapping nothing.
    num_threads : int, optional
        Threads to use; without it OpenMP decides. The same bits for any number.

    Returns
    -------
    tuple of three arrays
        Of the shapes of queries, keys and values.

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
    q, k, v = _inputs(name, queries, keys, values)
    options = _options(
        name, q, k, causal, query_offset, key_mask, key_lengths, cu_seqlens, cu_seqlens_keys
    )
    written = _gradients(name, gradients, q, k, v)
    _core.attention_gradient(
        _maps(name, feature_map, k),
        q,
        k,
        v,
        like(name, "out", out, AXES, "queries", q.dtype),
        like(name, "out_gradient", out_gradient, AXES, "queries", q.dtype),
        *written,
        options,
        threads(name, num_threads),
    )
    return written


@overload
def exact_attention(
    kernel: Any,
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    causal: bool = ...,
    query_offset: int = ...,
    key_mask: ArrayLike | None = ...,
    key_lengths: ArrayLike | None = ...,
    cu_seqlens: ArrayLike | None = ...,
    cu_seqlens_keys: ArrayLike | None = ...,
    bias: ArrayLike | None = ...,
    allowed: ArrayLike | None = ...,
    window: int | None = ...,
    out: Array | None = ...,
    num_threads: int | None = ...,
    return_report: Literal[False] = ...,
) -> Array: ...
@overload
def exact_attention(
    kernel: Any,
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    causal: bool = ...,
    query_offset: int = ...,
    key_mask: ArrayLike | None = ...,
    key_lengths: ArrayLike | None = ...,
    cu_seqlens: ArrayLike | None = ...,
    cu_seqlens_keys: ArrayLike | None = ...,
    bias: ArrayLike | None = ...,
    allowed: ArrayLike | None = ...,
    window: int | None = ...,
    out: Array | None = ...,
    num_threads: int | None = ...,
    return_report: Literal[True],
) -> tuple[Array, AttentionReport]: ...
def exact_attention(
    kernel: Any,
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    causal: bool = False,
    query_offset: int = 0,
    key_mask: ArrayLike | None = None,
    key_lengths: ArrayLike | None = None,
    cu_seqlens: ArrayLike | None = None,
    cu_seqlens_keys: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    allowed: ArrayLike | None = None,
    window: int | None = None,
    out: Array | None = None,
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
        Added to the logits; of the dtype of the queries, finite.
    allowed : bool array that broadcasts to (batch, heads, L, S), optional
        True where a query may see a key.
    window : int, optional
        Query i sees the keys ``j > i + query_offset - window`` only, at least 1.
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
    kernel = _kernel(name, kernel)
    q, k, v = _inputs(name, queries, keys, values)
    options = _options(
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
    )
    out = output(name, out, (*q.shape[:3], v.shape[3]), q.dtype)
    report = _core.exact_attention(
        kernel, q, k, v, out, options, _bias(name, bias, q, k), threads(name, num_threads)
    )
    return (out, report_of(report)) if flag(name, "return_report", return_report) else out


def exact_attention_gradient(
    kernel: Any,
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    out: ArrayLike,
    out_gradient: ArrayLike,
    *,
    causal: bool = False,
    query_offset: int = 0,
    key_mask: ArrayLike | None = None,
    key_lengths: ArrayLike | None = None,
    cu_seqlens: ArrayLike | None = None,
    cu_seqlens_keys: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    allowed: ArrayLike | None = None,
    window: int | None = None,
    gradients: Gradients | None = None,
    num_threads: int | None = None,
) -> Gradients:
    """Gradients of ``(out_gradient * out).sum()`` with respect to queries, keys and values.

    Costs O(L S (d + d_v)) and memory O(L + S) per head: weights are computed again.

    Parameters
    ----------
    kernel, queries, keys, values
        As `exact_attention` had them.
    out : array of shape (batch, heads, L, d_v)
        What `exact_attention` returned for these inputs and options.
    out_gradient : array of shape (batch, heads, L, d_v)
    causal, query_offset, key_mask, key_lengths, cu_seqlens, cu_seqlens_keys, bias, allowed, window
        As `exact_attention` had them.
    gradients : tuple of three arrays, optional
        Where to write, of the shapes of queries, keys and values; overlapping nothing.
    num_threads : int, optional
        Threads to use; without it OpenMP decides. The same bits for any number.

    Returns
    -------
    tuple of three arrays
        Of the shapes of queries, keys and values.

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
    kernel = _kernel(name, kernel)
    q, k, v = _inputs(name, queries, keys, values)
    options = _options(
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
    )
    written = _gradients(name, gradients, q, k, v)
    _core.exact_attention_gradient(
        kernel,
        q,
        k,
        v,
        like(name, "out", out, AXES, "queries", q.dtype),
        like(name, "out_gradient", out_gradient, AXES, "queries", q.dtype),
        *written,
        options,
        _bias(name, bias, q, k),
        threads(name, num_threads),
    )
    return written


def attention_with_error(
    feature_map: Map,
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    causal: bool = False,
    query_offset: int = 0,
    key_mask: ArrayLike | None = None,
    key_lengths: ArrayLike | None = None,
    cu_seqlens: ArrayLike | None = None,
    cu_seqlens_keys: ArrayLike | None = None,
    products: Products = "full",
    per: Literal["entry", "row"] = "entry",
    redraws: int = 8,
    out: Array | None = None,
    num_threads: int | None = None,
) -> tuple[Array, Array, AttentionErrorReport]:
    """`attention` with the standard error of each entry of its output.

    As an estimate of the ratio's limit for many frequencies: exact attention, unless radii are
    constant. With 8 independent blocks of frequencies or more, the jackknife of the ratio over
    blocks; otherwise the spread of fresh draws. `out` has the bits of `attention`.

    Costs about twice the time of `attention`; with redraws, ``1 + redraws`` times.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
        One map for all heads.
    queries, keys, values
        As in `attention`.
    causal, query_offset, key_mask, key_lengths, cu_seqlens, cu_seqlens_keys, products
        As in `attention`.
    per : {"entry", "row"}
        A standard error for each entry, or one for each row: the root of the sum of squares over
        its entries.
    redraws : int
        Fresh draws where the map has fewer than 8 whole independent blocks, at least 2. Their seeds
        are the map's plus 1, 2, ...
    out, num_threads
        As in `attention`.

    Returns
    -------
    out : array of shape (batch, heads, L, d_v)
    standard_error : array of shape (batch, heads, L, d_v) or (batch, heads, L, 1)
        0 for rows that see no key; NaN where a normaliser vanishes without some block.
    report : AttentionErrorReport
        Its `factor` turns standard errors into intervals.

    Raises
    ------
    TypeError, ValueError
        As `attention`.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> q, k, v = 0.5 * np.random.default_rng(0).normal(size=(3, 1, 1, 40, 4))
    >>> kernel = bo.SoftmaxKernel()
    >>> spec = bo.FeatureMapSpec(4, 512, kernel, features=bo.HyperbolicFeatures(), seed=2)
    >>> out, error, report = bo.attention_with_error(spec, q, k, v)
    >>> exact = bo.exact_attention(kernel, q, k, v)
    >>> inside = np.abs(out - exact) < report.factor(0.95) * error
    >>> bool(inside.mean() > 0.85)
    True
    """
    name = "attention_with_error"
    q, k, v = _inputs(name, queries, keys, values)
    options = _options(
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
    )
    if per not in ("entry", "row"):
        raise ValueError(f"{name}: per is {per!r}, expected 'entry' or 'row'")
    out = output(name, out, (*q.shape[:3], v.shape[3]), q.dtype)
    error: Array = np.empty((*q.shape[:3], v.shape[3] if per == "entry" else 1), q.dtype)
    found = _core.attention_with_error(
        as_map(name, feature_map, "feature_map")._map,
        q,
        k,
        v,
        out,
        error,
        options,
        whole(name, "redraws", redraws, 2, 2**31 - 1),
        threads(name, num_threads),
    )
    found["attention"] = report_of(found["attention"])
    return out, error, AttentionErrorReport(**found)


def attention_report(
    feature_map: Map,
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    causal: bool = False,
    query_offset: int = 0,
    key_mask: ArrayLike | None = None,
    key_lengths: ArrayLike | None = None,
    cu_seqlens: ArrayLike | None = None,
    cu_seqlens_keys: ArrayLike | None = None,
    products: Products = "full",
    sample_rows: int = 64,
    num_threads: int | None = None,
) -> AttentionComparison:
    """How good attention by random features is on these inputs, and what would make it better.

    Runs `attention` and compares up to `sample_rows` rows of its output, one from each of equal
    stretches of all rows (at random by the map's seed), with exact attention in the inputs'
    precision.

    Costs the time of `attention`, and O(S d + 512^2 (1 + d + d_v)) per sampled row.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
        One map for all heads.
    queries, keys, values
        As in `attention`.
    causal, query_offset, key_mask, key_lengths, cu_seqlens, cu_seqlens_keys, products
        As in `attention`.
    sample_rows : int
        At least 1.
    num_threads : int, optional
        Threads to use; without it OpenMP decides. The same bits for any number.

    Returns
    -------
    AttentionComparison

    Raises
    ------
    TypeError, ValueError
        As `attention`, when the kernel is neither softmax nor Gaussian, and when a sampled query or
        what it sees is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> q, k, v = 0.3 * np.random.default_rng(0).normal(size=(3, 1, 2, 64, 4))
    >>> spec = bo.FeatureMapSpec(4, 4, bo.SoftmaxKernel(), features=bo.PositiveFeatures(), seed=1)
    >>> report = bo.attention_report(spec, q, k, v)
    >>> report.advice
    'keep-exact'
    >>> report.prediction_holds
    True
    """
    name = "attention_report"
    q, k, v = _inputs(name, queries, keys, values)
    options = _options(
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
    )
    found = _core.attention_report(
        as_map(name, feature_map, "feature_map")._map,
        q,
        k,
        v,
        whole(name, "sample_rows", sample_rows, 1),
        options,
        threads(name, num_threads),
    )
    found["attention"] = report_of(found["attention"])
    found["norms"] = EffectiveNorms(**found["norms"])
    return AttentionComparison(**found)


def _queries_and_keys(
    function: str, queries: ArrayLike, keys: ArrayLike, rows: ArrayLike
) -> tuple[Array, Array, NDArray[np.int64]]:
    q = numbers(function, "queries", queries, AXES)
    k = like(function, "keys", keys, AXES, "queries", q.dtype)
    table = integers(function, "rows", rows, "rows, columns")
    if table.shape[1] != 3:
        raise ValueError(
            f"{function}: rows has shape {table.shape}, expected ({table.shape[0]}, 3) (batch, "
            "head and query of each)"
        )
    return q, k, table


def attention_rows(
    feature_map: Map,
    queries: ArrayLike,
    keys: ArrayLike,
    rows: ArrayLike,
    *,
    causal: bool = False,
    query_offset: int = 0,
    key_mask: ArrayLike | None = None,
    key_lengths: ArrayLike | None = None,
    cu_seqlens: ArrayLike | None = None,
    cu_seqlens_keys: ArrayLike | None = None,
    num_threads: int | None = None,
) -> Array:
    """Rows of the matrix that `attention` multiplies the values by and never forms.

    ``phi(q) @ phi(k_j) / sum_l phi(q) @ phi(k_l)`` over the keys that the query sees; 0 for the
    others, and all of a row that sees none or whose normaliser is zero.

    Costs O(S (m d + D)) per row; rows that see the same keys share the first part.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str
        One map for all heads.
    queries, keys
        As in `attention`.
    rows : integers of shape (n, 3)
        Batch entry, head and query of each row.
    causal, query_offset, key_mask, key_lengths, cu_seqlens, cu_seqlens_keys
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
    q, k, table = _queries_and_keys(name, queries, keys, rows)
    options = _options(
        name, q, k, causal, query_offset, key_mask, key_lengths, cu_seqlens, cu_seqlens_keys
    )
    out: Array = np.empty((table.shape[0], k.shape[2]), q.dtype)
    _core.attention_rows(
        as_map(name, feature_map, "feature_map")._map,
        q,
        k,
        table,
        out,
        options,
        threads(name, num_threads),
    )
    return out


def exact_attention_rows(
    kernel: Any,
    queries: ArrayLike,
    keys: ArrayLike,
    rows: ArrayLike,
    *,
    causal: bool = False,
    query_offset: int = 0,
    key_mask: ArrayLike | None = None,
    key_lengths: ArrayLike | None = None,
    cu_seqlens: ArrayLike | None = None,
    cu_seqlens_keys: ArrayLike | None = None,
    allowed: ArrayLike | None = None,
    window: int | None = None,
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
    causal, query_offset, key_mask, key_lengths, cu_seqlens, cu_seqlens_keys, allowed, window
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
    kernel = _kernel(name, kernel)
    q, k, table = _queries_and_keys(name, queries, keys, rows)
    options = _options(
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
    )
    out: Array = np.empty((table.shape[0], k.shape[2]), q.dtype)
    _core.exact_attention_rows(kernel, q, k, table, out, options, threads(name, num_threads))
    return out


def softmax_scale_gradient(
    kernel: Any,
    queries: ArrayLike,
    keys: ArrayLike,
    query_gradient: ArrayLike,
    key_gradient: ArrayLike,
) -> float:
    """The derivative with respect to the scale s of a softmax kernel.

    ``((q * dq).sum() + (k * dk).sum()) / (2 * s)``, since s enters as ``sqrt(s) * q`` and
    ``sqrt(s) * k``. Of `exact_attention` as of `attention`, for maps without centring (which does
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
    kernel = _kernel(name, kernel)
    q = numbers(name, "queries", queries, AXES)
    k = like(name, "keys", keys, AXES, "queries", q.dtype)
    dq = like(name, "query_gradient", query_gradient, AXES, "queries", q.dtype)
    dk = like(name, "key_gradient", key_gradient, AXES, "queries", q.dtype)
    return _core.softmax_scale_gradient(kernel, q, k, dq, dk)


def head_specs(base: FeatureMapSpec | str, layer: int, heads: int) -> list[FeatureMapSpec]:
    """The specs of the heads of a layer, all from one seed.

    Layer l, key head h draws independently of all others, with ``derive_seed(derive_seed(seed, l),
    h)``: hashed, never ``seed + head``, so that ``seed + 1`` is a redraw of the whole network, and
    no two heads of two redraws share frequencies.

    Parameters
    ----------
    base : FeatureMapSpec or str
        Kernel, projection and features of all heads, and the seed of the network.
    layer : int
        From 0.
    heads : int
        Number of key heads.

    Returns
    -------
    list of FeatureMapSpec

    Examples
    --------
    >>> import bochner as bo
    >>> base = bo.FeatureMapSpec(4, 8, bo.SoftmaxKernel(), features=bo.PositiveFeatures(), seed=1)
    >>> len({spec.seed for layer in range(2) for spec in bo.head_specs(base, layer, 3)})
    6
    """
    name = "head_specs"
    if isinstance(base, str):
        base = FeatureMapSpec.parse(base)
    if not isinstance(base, FeatureMapSpec):
        raise TypeError(
            f"{name}: base is {type(base).__name__}, expected a FeatureMapSpec or its text"
        )
    layer = whole(name, "layer", layer, 0)
    return [_core.head_spec(base, layer, h) for h in range(whole(name, "heads", heads, 0))]


def head_maps(base: FeatureMapSpec | str, layer: int, heads: int) -> list[FeatureMap]:
    """The maps of the heads of a layer: those of `head_specs`.

    Parameters
    ----------
    base : FeatureMapSpec or str
    layer : int
        From 0.
    heads : int
        Number of key heads.

    Returns
    -------
    list of FeatureMap

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> q, k, v = np.random.default_rng(0).normal(size=(3, 1, 2, 6, 4))
    >>> base = bo.FeatureMapSpec(4, 8, bo.SoftmaxKernel(), features=bo.PositiveFeatures(), seed=1)
    >>> bo.attention(bo.head_maps(base, 0, 2), q, k, v).shape
    (1, 2, 6, 4)
    """
    return [FeatureMap(spec) for spec in head_specs(base, layer, heads)]


def _lengths(
    function: str, queries: int, keys: int, dim: int, num_features: int, causal: bool
) -> tuple[int, int, int, int, bool]:
    return (
        whole(function, "queries", queries, 0),
        whole(function, "keys", keys, 0),
        whole(function, "dim", dim, 1),
        whole(function, "num_features", num_features, 1),
        flag(function, "causal", causal),
    )


def _costs(function: str, costs: AttentionCosts | None) -> tuple[float, ...]:
    if costs is None:
        costs = AttentionCosts()
    if not isinstance(costs, AttentionCosts):
        raise TypeError(f"{function}: costs is {type(costs).__name__}, expected AttentionCosts")
    return dataclasses.astuple(costs)


def attention_nanoseconds(
    backend: Backend,
    queries: int,
    keys: int,
    dim: int,
    num_features: int,
    *,
    causal: bool = False,
    costs: AttentionCosts | None = None,
) -> float:
    """Modelled time of one head with keys and values of `dim` columns, on one thread.

    Exact: ``P (2 d product + weight)``, P the pairs of a query and a key that it sees. Random
    features: ``(L + S) D (2 d product + feature)``, and when causal
    ``L 32 (D + d) product + S / 64 D d fold``. Causal queries are the last L of S positions.

    Parameters
    ----------
    backend : {"exact", "random-features"}
    queries, keys : int
        Lengths L and S.
    dim : int
        d.
    num_features : int
        D, `FeatureMap.num_features`.
    causal : bool
    costs : AttentionCosts, optional

    Returns
    -------
    float
        Nanoseconds.

    Raises
    ------
    ValueError
        When a length is negative or `dim` or `num_features` is not positive.

    Examples
    --------
    >>> import bochner as bo
    >>> long = bo.attention_nanoseconds("exact", 2000, 2000, 64, 256)
    >>> bool(abs(long / bo.attention_nanoseconds("exact", 1000, 1000, 64, 256) - 4) < 1e-9)
    True
    """
    name = "attention_nanoseconds"
    if backend not in _BACKENDS:
        raise ValueError(f"{name}: backend is {backend!r}, expected 'exact' or 'random-features'")
    lengths = _lengths(name, queries, keys, dim, num_features, causal)
    return _core.attention_nanoseconds(backend, *lengths, *_costs(name, costs))


def attention_backend(
    queries: int,
    keys: int,
    dim: int,
    num_features: int,
    *,
    causal: bool = False,
    costs: AttentionCosts | None = None,
) -> Backend:
    """The backend whose modelled time is shorter; exact when they are equal: it has no error.

    Its crossover lies within a factor of 2 of the measured one.

    Parameters
    ----------
    queries, keys : int
        Lengths L and S.
    dim : int
        Columns of keys and values.
    num_features : int
        `FeatureMap.num_features`.
    causal : bool
    costs : AttentionCosts, optional

    Returns
    -------
    {"exact", "random-features"}

    Raises
    ------
    ValueError
        When a length is negative or `dim` or `num_features` is not positive.

    Examples
    --------
    >>> import bochner as bo
    >>> bo.attention_backend(100, 100, 64, 256), bo.attention_backend(10**5, 10**5, 64, 256)
    ('exact', 'random-features')
    """
    name = "attention_backend"
    lengths = _lengths(name, queries, keys, dim, num_features, causal)
    chosen: Backend = _core.attention_backend(*lengths, *_costs(name, costs))
    return chosen
