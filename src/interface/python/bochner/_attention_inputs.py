# SPDX-License-Identifier: Apache-2.0
"""The door of every function of attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from bochner import _core
from bochner._arrays import Array, ArrayLike, broadcast, integers, like, mask, numbers, output
from bochner._core.options import FeatureMapSpec
from bochner._map import FeatureMap, Map, as_map
from bochner._options import flag, whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

Maps: TypeAlias = "Map | Sequence[Map]"
"""One map for all heads, or one a key head."""

Gradients: TypeAlias = "tuple[Array, Array, Array]"
"""Of queries, keys and values."""

Products: TypeAlias = Literal["full", "bfloat16"]

AXES = "batch, heads, length, dimension"
_PAIRS = "batch, heads, queries, keys"


def as_maps(function: str, feature_map: Maps, keys: Array) -> list[_core.Map]:
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


def inputs(
    function: str, queries: ArrayLike, keys: ArrayLike, values: ArrayLike
) -> tuple[Array, Array, Array]:
    q = numbers(function, "queries", queries, AXES)
    return (
        q,
        like(function, "keys", keys, AXES, "queries", q.dtype),
        like(function, "values", values, AXES, "queries", q.dtype),
    )


def queries_keys_and_rows(
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


def _boundaries(function: str, name: str, value: ArrayLike | None) -> NDArray[np.int64] | None:
    if value is None:
        return None
    found = integers(function, name, value, "entries")
    if found.size == 0:
        raise ValueError(f"{function}: {name} has no entries, expected at least 0 itself")
    return found


def options_of(
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


def bias_of(function: str, bias: ArrayLike | None, q: Array, k: Array) -> Array | None:
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


def gradients_or_new(
    function: str, given: Gradients | None, q: Array, k: Array, v: Array
) -> Gradients:
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
