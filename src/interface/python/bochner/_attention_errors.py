# SPDX-License-Identifier: Apache-2.0
"""How far attention by random features is from exact attention."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

import numpy as np

from bochner import _core
from bochner._arrays import Array, ArrayLike, output, threads
from bochner._attention_inputs import (
    Maps,
    OffsetLike,
    Products,
    as_maps,
    each_map,
    held_maps,
    inputs,
    options_of,
)
from bochner._attention_results import AttentionReport, report_of
from bochner._options import finite, whole
from bochner._results import Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bochner._map import Map

Advice: TypeAlias = Literal["fine", "keep-exact", "more-frequencies", "change-map", "centre"]


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
        level = finite("AttentionErrorReport.factor", "level", level)
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
        Whether it is an upper estimate: frequencies are quasi-random, or coupled with one parameter
        per direction, and treated as independent.
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


def attention_with_error(
    feature_map: Maps,
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
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
    feature_map : FeatureMap, FeatureMapSpec or str, or a sequence of them
        One map for all heads, or one per key head: of as many frequencies each, in blocks of one
        size, since one report is of all.
    queries, keys, values
        As in `attention`.
    causal, query_offset, key_mask, key_lengths, cu_seqlens, cu_seqlens_keys, products
        As in `attention`.
    decay, gates
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
    >>> q, k, v = 0.25 * np.random.default_rng(0).normal(size=(3, 1, 1, 40, 4))
    >>> kernel = bo.SoftmaxKernel()
    >>> spec = bo.FeatureMapSpec(4, 512, kernel, features=bo.HyperbolicFeatures(), seed=2)
    >>> out, error, report = bo.attention_with_error(spec, q, k, v)
    >>> exact = bo.exact_attention(kernel, q, k, v)
    >>> inside = np.abs(out - exact) < report.factor(0.95) * error
    >>> bool(inside.mean() > 0.85)
    True
    """
    name = "attention_with_error"
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
        products=products,
        decay=decay,
        gates=gates,
    )
    if per not in ("entry", "row"):
        raise ValueError(f"{name}: per is {per!r}, expected 'entry' or 'row'")
    out = output(name, out, (*q.shape[:3], v.shape[3]), q.dtype)
    error: Array = np.empty((*q.shape[:3], v.shape[3] if per == "entry" else 1), q.dtype)
    found = _core.attention_with_error(
        as_maps(name, feature_map, k),
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


@overload
def attention_report(
    feature_map: Map,
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    causal: bool = ...,
    query_offset: OffsetLike = ...,
    key_mask: ArrayLike | None = ...,
    key_lengths: ArrayLike | None = ...,
    cu_seqlens: ArrayLike | None = ...,
    cu_seqlens_keys: ArrayLike | None = ...,
    products: Products = ...,
    sample_rows: int = ...,
    num_threads: int | None = ...,
) -> AttentionComparison: ...
@overload
def attention_report(
    feature_map: Sequence[Map],
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    causal: bool = ...,
    query_offset: OffsetLike = ...,
    key_mask: ArrayLike | None = ...,
    key_lengths: ArrayLike | None = ...,
    cu_seqlens: ArrayLike | None = ...,
    cu_seqlens_keys: ArrayLike | None = ...,
    products: Products = ...,
    sample_rows: int = ...,
    num_threads: int | None = ...,
) -> list[AttentionComparison]: ...
def attention_report(
    feature_map: Maps,
    queries: ArrayLike,
    keys: ArrayLike,
    values: ArrayLike,
    *,
    causal: bool = False,
    query_offset: OffsetLike = 0,
    key_mask: ArrayLike | None = None,
    key_lengths: ArrayLike | None = None,
    cu_seqlens: ArrayLike | None = None,
    cu_seqlens_keys: ArrayLike | None = None,
    products: Products = "full",
    sample_rows: int = 64,
    num_threads: int | None = None,
) -> AttentionComparison | list[AttentionComparison]:
    """How good attention by random features is on these inputs, and what would make it better.

    Runs `attention` and compares up to `sample_rows` rows of its output, one from each of equal
    stretches of all rows (at random by the map's seed), with exact attention in the inputs'
    precision.

    Costs the time of `attention`, and O(S d + 512^2 (1 + d + d_v)) per sampled row.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str, or a sequence of them
        One map for all heads, or one per key head.
    queries, keys, values
        As in `attention`.
    causal, query_offset, key_mask, key_lengths, cu_seqlens, cu_seqlens_keys, products
        As in `attention`.
    sample_rows : int
        At least 1; of each key head where every one has a map.
    num_threads : int, optional
        Threads to use; without it OpenMP decides. The same bits for any number.

    Returns
    -------
    AttentionComparison
        Of all heads; a list with one for each key head where every one has a map, since advice is
        about a map.

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
    >>> spec = bo.FeatureMapSpec(4, 64, bo.SoftmaxKernel(), features=bo.PositiveFeatures(), seed=1)
    >>> report = bo.attention_report(spec, q, k, v)
    >>> report.advice
    'keep-exact'
    >>> report.prediction_holds
    True
    """
    name = "attention_report"
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
        products=products,
    )
    maps = held_maps(name, feature_map, k.shape[1])
    found = _core.attention_report(
        [m._map for m in each_map(maps)],
        q,
        k,
        v,
        whole(name, "sample_rows", sample_rows, 1),
        options,
        threads(name, num_threads),
    )
    comparisons = [_comparison_of(comparison) for comparison in found]
    return comparisons if isinstance(maps, tuple) else comparisons[0]


def _comparison_of(found: dict[str, Any]) -> AttentionComparison:
    found["attention"] = report_of(found["attention"])
    found["norms"] = EffectiveNorms(**found["norms"])
    return AttentionComparison(**found)
