# SPDX-License-Identifier: Apache-2.0
"""The door of every function of attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from bochner import _core
from bochner._arrays import (
    Array,
    ArrayLike,
    broadcast,
    doubles,
    integers,
    like,
    mask,
    numbers,
    output,
    vector,
)
from bochner._core.options import ExactPairs
from bochner._map import FeatureMap, Map, as_map
from bochner._options import flag, one_of, whole
from bochner._stored_arrays import (
    Stored,
    StoredLike,
    dtype_name,
    is_narrow,
    stored,
    stored_like,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

Maps: TypeAlias = "Map | Sequence[Map]"
"""One map for all heads, or one per key head."""

Gradients: TypeAlias = "tuple[Array, ...]"
"""Of queries, keys and values, or of those that are wanted."""

WithRespectTo: TypeAlias = "Sequence[Literal['queries', 'keys', 'values', 'gates']]"

ALL_INPUTS: WithRespectTo = ("queries", "keys", "values")

OffsetLike: TypeAlias = "int | Sequence[int] | NDArray[np.integer]"
"""One for all, or one per packed sequence or batch entry."""

Products: TypeAlias = Literal["full", "bfloat16"]

Rest: TypeAlias = Literal["features", "means", "none"]

AXES = "batch, heads, length, dimension"
_PAIRS = "batch, heads, queries, keys"


HeldMaps: TypeAlias = "FeatureMap | tuple[FeatureMap, ...]"
"""The same, drawn."""


def held_maps(function: str, feature_map: Maps, key_heads: int | None) -> HeldMaps:
    """The one map, or the maps of so many key heads (of any number without it)."""
    if isinstance(feature_map, str) or not isinstance(feature_map, Sequence):
        return as_map(function, feature_map)
    if key_heads is not None and len(feature_map) != key_heads:
        raise ValueError(
            f"{function}: feature_map has {len(feature_map)} entries, expected {key_heads} "
            "(one per key head)"
        )
    return tuple(as_map(function, m, f"feature_map[{h}]") for h, m in enumerate(feature_map))


def each_map(maps: HeldMaps) -> Sequence[FeatureMap]:
    return maps if isinstance(maps, tuple) else (maps,)


def as_maps(function: str, feature_map: Maps, keys: Array) -> list[_core.Map]:
    return [m._map for m in each_map(held_maps(function, feature_map, keys.shape[1]))]


def inputs(
    function: str, queries: ArrayLike, keys: ArrayLike, values: ArrayLike
) -> tuple[Array, Array, Array]:
    q = numbers(function, "queries", queries, AXES)
    return (
        q,
        like(function, "keys", keys, AXES, "queries", q.dtype),
        like(function, "values", values, AXES, "queries", q.dtype),
    )


def stored_inputs(
    function: str, queries: StoredLike, keys: StoredLike, values: StoredLike
) -> tuple[Stored, Stored, Stored]:
    """The same, which may be narrow."""
    q = stored(function, "queries", queries, AXES)
    return (
        q,
        stored_like(function, "keys", keys, AXES, "queries", q),
        stored_like(function, "values", values, AXES, "queries", q),
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


def rows_that_count(
    function: str, name: str, value: ArrayLike | None, shape: tuple[int, int], axes: str
) -> NDArray[np.bool_] | None:
    """A mask of this very shape: nothing broadcasts."""
    if value is None:
        return None
    given = getattr(value, "shape", None)
    if given is not None and tuple(given) != shape:
        raise ValueError(f"{function}: {name} has shape {tuple(given)}, expected {shape} ({axes})")
    return mask(function, name, value, shape, axes)


def live_keys(
    function: str,
    batch: int,
    num_keys: int,
    key_mask: ArrayLike | None,
    key_lengths: ArrayLike | None,
) -> tuple[NDArray[np.bool_] | None, NDArray[np.int64] | None]:
    key_mask = rows_that_count(function, "key_mask", key_mask, (batch, num_keys), "batch, keys")
    if key_lengths is not None:
        key_lengths = integers(function, "key_lengths", key_lengths, "batch")
        if key_lengths.shape[0] != batch:
            raise ValueError(
                f"{function}: key_lengths has {key_lengths.shape[0]} entries, expected {batch} "
                "(one a batch entry)"
            )
    return key_mask, key_lengths


def rates_of(function: str, decay: ArrayLike | None, key_heads: int) -> Array | None:
    if decay is None:
        return None
    rates = vector(function, "decay", decay, np.float64)
    if rates.shape[0] != key_heads:
        raise ValueError(
            f"{function}: decay has {rates.shape[0]} entries, expected {key_heads} (one per key "
            "head)"
        )
    return rates


def _offsets(function: str, query_offset: OffsetLike) -> tuple[int, NDArray[np.int64] | None]:
    """One offset for all, or one for each."""
    if isinstance(query_offset, (Sequence, np.ndarray)):
        return 0, integers(function, "query_offset", query_offset, "batch or sequences")
    return whole(function, "query_offset", query_offset, -(2**60)), None


def gates_of(
    function: str, gates: ArrayLike | None, batch: int, key_heads: int, num_keys: int
) -> NDArray[np.float64] | None:
    if gates is None:
        return None
    found = doubles(function, "gates", gates, "batch, key heads, keys")
    if found.shape != (batch, key_heads, num_keys):
        raise ValueError(
            f"{function}: gates has shape {found.shape}, expected {(batch, key_heads, num_keys)} "
            "(batch, key heads, keys)"
        )
    return found


def _pairs(function: str, exact: ExactPairs | None) -> ExactPairs:
    if exact is None:
        return ExactPairs()
    if not isinstance(exact, ExactPairs):
        raise TypeError(f"{function}: exact is {type(exact).__name__}, expected ExactPairs or None")
    return exact


def options_of(
    function: str,
    q: Array,
    k: Array,
    causal: bool,
    query_offset: OffsetLike,
    key_mask: ArrayLike | None,
    key_lengths: ArrayLike | None,
    cu_seqlens: ArrayLike | None,
    cu_seqlens_keys: ArrayLike | None,
    *,
    products: Products = "full",
    allowed: ArrayLike | None = None,
    window: int | None = None,
    decay: ArrayLike | None = None,
    gates: ArrayLike | None = None,
    exact: ExactPairs | None = None,
    rest: Rest = "features",
) -> _core.AttentionOptions:
    batch, heads, num_queries, _ = q.shape
    num_keys = k.shape[2]
    key_mask, key_lengths = live_keys(function, batch, num_keys, key_mask, key_lengths)
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
        *_offsets(function, query_offset),
        key_mask,
        key_lengths,
        cu_seqlens,
        cu_seqlens_keys,
        products,
        allowed,
        0 if window is None else whole(function, "window", window, 1),
        rates_of(function, decay, k.shape[1]),
        gates_of(function, gates, batch, k.shape[1], num_keys),
        _pairs(function, exact),
        one_of(function, "rest", rest, get_args(Rest)),
    )


def bias_of(function: str, bias: ArrayLike | None, q: Stored, k: Stored) -> Array | None:
    if bias is None:
        return None
    shape = getattr(bias, "shape", ())
    array = numbers(function, "bias", bias, ", ".join(_PAIRS.split(", ")[max(0, 4 - len(shape)) :]))
    expected = np.dtype(np.float32) if is_narrow(q) else q.dtype
    if array.dtype != expected:
        what = f"{expected} with these" if is_narrow(q) else "one dtype for both"
        raise TypeError(
            f"{function}: bias has dtype {array.dtype} and queries {dtype_name(q)}, expected {what}"
        )
    return broadcast(function, "bias", array, (*q.shape[:3], k.shape[2]), _PAIRS)


def gradients_or_new(
    function: str,
    given: Gradients | None,
    wrt: WithRespectTo,
    q: Array,
    k: Array,
    v: Array,
    gates: ArrayLike | None,
) -> dict[str, Array]:
    """The arrays to write the wanted gradients to, in their order; that of gates in float64."""
    shapes = {"queries": q.shape, "keys": k.shape, "values": v.shape, "gates": k.shape[:3]}
    dtypes = {name: np.dtype(np.float64) if name == "gates" else q.dtype for name in shapes}
    names = [wrt] if isinstance(wrt, str) else list(wrt)
    if isinstance(wrt, str) or not names or len({*names} & {*shapes}) < len(names):
        raise ValueError(
            f"{function}: wrt is {wrt!r}, expected a sequence of 'queries', 'keys', 'values' and "
            "'gates', each at most once"
        )
    if "gates" in names and gates is None:
        raise ValueError(f"{function}: wrt names gates, which are not given")
    if given is None:
        return {name: np.empty(shapes[name], dtypes[name]) for name in names}
    if not isinstance(given, tuple) or len(given) != len(names):
        number = {1: "one array", 2: "two arrays", 3: "three arrays"}.get(len(names), "four arrays")
        raise TypeError(
            f"{function}: gradients is {type(given).__name__}, expected a tuple of {number} "
            f"(of {', '.join(names)})"
        )
    return {
        name: output(function, given[i], shapes[name], dtypes[name], f"gradients[{i}]")
        for i, name in enumerate(names)
    }


def written(
    gradients: dict[str, Array],
) -> tuple[Array | None, Array | None, Array | None, Array | None]:
    """Those of queries, keys, values and gates, None where they are not wanted."""
    return (
        gradients.get("queries"),
        gradients.get("keys"),
        gradients.get("values"),
        gradients.get("gates"),
    )
