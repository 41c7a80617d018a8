# SPDX-License-Identifier: Apache-2.0
"""Attention over keys that keep coming."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

import numpy as np

from bochner import _core
from bochner._arrays import Array, ArrayLike, threads
from bochner._attention_inputs import (
    AXES,
    Maps,
    each_map,
    gates_of,
    held_maps,
    live_keys,
    rates_of,
)
from bochner._attention_results import AttentionReport, report_of
from bochner._kept_attention import KeptAttention
from bochner._options import dtype_of, flag, is_single, one_of, whole
from bochner._stored_arrays import Stored, StoredLike, stored_for, stored_like, stored_output

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

# Multiplications between two looks at signals: a fraction of a second.
_CHUNK_WORK = 2**28


class AttentionState(KeptAttention):
    """Attention over keys that keep coming: decoding and streams.

    What attention remembers of the keys and values it has seen, for each batch entry and key head:
    the sums of ``phi(k) v`` and ``phi(k)``, compensated, and up to 64 keys that are still separate.
    Constant memory, about ``2 D d_v + 64 (2 D + d_v)`` scalars per head; O(D d_v) per key and per
    query. `advance` has the same bits as causal `attention` over all that was appended, however it
    was cut into calls, as long as nothing was merged. Keys that are not live leave no trace: a
    batch padded on any side has the bits of each of its entries alone, without padding.

    A call that is refused or interrupted leaves the state as it was. Threads may share a state:
    calls then come one after the other. Picklable.

    Parameters
    ----------
    feature_map : FeatureMap, FeatureMapSpec or str, or a sequence of them
        One map for all heads, or one per key head.
    batch, key_heads : int
        At least 0.
    value_dim : int
        Columns of the values, at least 1.
    dtype : dtype
        Of keys, values and results: float32 or float64. A state of float32 takes rows of float16
        and bfloat16, too; its results may then go into an `out` of their dtype.
    window, first_keys : int
        The last `window` keys and the first `first_keys` ones are weighed exactly, as `ExactPairs`
        says of causal attention: they are kept as rows, the former until they leave the window for
        the sums.
    rest : {"features", "none"}
        Whether the other keys count at all.
    decay : array of shape (key_heads,), optional
        Rates at which weights fade with distance, as in `attention`.

    Raises
    ------
    TypeError
        On another dtype.
    ValueError
        When an extent is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> import bochner as bo
    >>> spec = bo.FeatureMapSpec(8, 64, bo.SoftmaxKernel(), features=bo.PositiveFeatures(), seed=1)
    >>> x = np.random.default_rng(0).normal(size=(1, 2, 20, 8))
    >>> state = bo.AttentionState(spec, batch=1, key_heads=2, value_dim=8, dtype=x.dtype)
    >>> prompt = state.advance(x[:, :, :19], x[:, :, :19], x[:, :, :19])
    >>> token = state.advance(x[:, :, 19:], x[:, :, 19:], x[:, :, 19:])
    >>> whole = bo.attention(spec, x, x, x, causal=True)
    >>> np.array_equal(np.concatenate([prompt, token], axis=2), whole)
    True

    Prompts of 20 and 12 tokens, padded on the left:

    >>> batch = bo.AttentionState(spec, batch=2, key_heads=2, value_dim=8, dtype=x.dtype)
    >>> live = np.arange(20) >= np.array([[0], [8]])
    >>> both = np.concatenate([x, x])
    >>> batch.append(both, both, key_mask=live).lengths.tolist()
    [20, 12]
    """

    __slots__ = ()

    def __init__(
        self,
        feature_map: Maps,
        batch: int,
        key_heads: int,
        value_dim: int,
        *,
        dtype: DTypeLike = np.float32,
        window: int = 0,
        first_keys: int = 0,
        rest: Literal["features", "none"] = "features",
        decay: ArrayLike | None = None,
    ) -> None:
        name = "AttentionState"
        single = is_single(name, dtype)
        extents = (
            whole(name, "batch", batch, 0),
            whole(name, "key_heads", key_heads, 0),
            whole(name, "value_dim", value_dim, 1),
        )
        self._set(held_maps(name, feature_map, extents[1]), *extents, dtype_of(single))
        rates = rates_of(name, decay, extents[1])
        self._state = _core.AttentionState(
            [m._map for m in each_map(self._map)],
            *extents,
            single,
            whole(name, "window", window, 0),
            whole(name, "first_keys", first_keys, 0),
            one_of(name, "rest", rest, ("features", "none")),
            [] if rates is None else rates.tolist(),
        )

    def _array(self, function: str, name: str, value: StoredLike) -> Stored:
        return stored_for(function, name, value, AXES, "the state", self._dtype)

    def _chunk(self, heads: int) -> int:
        """Rows of a whole number of blocks that take about as long as `_CHUNK_WORK`."""
        row = max(
            (m.num_features * (m.input_dim + self._value_dim) for m in each_map(self._map)),
            default=0,
        )
        row *= self._batch * heads
        return max(64, _CHUNK_WORK // max(row, 1) // 64 * 64)

    def _live(
        self,
        function: str,
        keys: Stored,
        key_mask: ArrayLike | None,
        key_lengths: ArrayLike | None,
        gates: ArrayLike | None,
    ) -> tuple[NDArray[np.bool_] | None, NDArray[np.int64] | None, NDArray[np.float64] | None]:
        count = keys.shape[2]
        return (
            *live_keys(function, self._batch, count, key_mask, key_lengths),
            gates_of(function, gates, self._batch, self._key_heads, count),
        )

    def append(
        self,
        keys: StoredLike,
        values: StoredLike,
        *,
        key_mask: ArrayLike | None = None,
        key_lengths: ArrayLike | None = None,
        gates: ArrayLike | None = None,
        num_threads: int | None = None,
    ) -> AttentionState:
        """Take in keys and values.

        Parameters
        ----------
        keys : array of shape (batch, key_heads, n, d)
        values : array of shape (batch, key_heads, n, d_v)
        key_mask : bool array of shape (batch, n), optional
            True for live keys. The others and their values are never read: the state goes on as
            if they had not been handed over.
        key_lengths : integers of shape (batch,), optional
            Keys of this call from there on are not live. Not together with `key_mask`.
        gates : array of shape (batch, key_heads, n), optional
            As in `attention`: what all keys before one are multiplied by when it comes, those of
            earlier calls as well; 1 without it. Those of keys that are not live are not read.
        num_threads : int, optional
            Threads to use; without it OpenMP decides. The same bits for any number.

        Returns
        -------
        AttentionState
            This one.

        Raises
        ------
        TypeError
            On another dtype than the state's.
        ValueError
            On shapes that do not fit, rows too long for the map and values too large (as
            `attention`); the state is then what it was.
        """
        name = "AttentionState.append"
        k = self._array(name, "keys", keys)
        self._state.append(
            k,
            stored_like(name, "values", values, AXES, "keys", k),
            *self._live(name, k, key_mask, key_lengths, gates),
            self._chunk(self._key_heads),
            threads(name, num_threads),
        )
        return self

    @overload
    def attend(
        self,
        queries: StoredLike,
        *,
        out: StoredLike | None = ...,
        num_threads: int | None = ...,
        return_report: Literal[False] = ...,
    ) -> Array: ...
    @overload
    def attend(
        self,
        queries: StoredLike,
        *,
        out: StoredLike | None = ...,
        num_threads: int | None = ...,
        return_report: Literal[True],
    ) -> tuple[Array, AttentionReport]: ...
    def attend(
        self,
        queries: StoredLike,
        *,
        out: StoredLike | None = None,
        num_threads: int | None = None,
        return_report: bool = False,
    ) -> Array | tuple[Array, AttentionReport]:
        """Let each query attend to all keys seen so far.

        Parameters
        ----------
        queries : array of shape (batch, heads, L, d)
            `key_heads` divides `heads`.
        out : array of shape (batch, heads, L, d_v), optional
            Where to write, any strides, not overlapping the queries.
        num_threads : int, optional
            Threads to use; without it OpenMP decides. The same bits for any number.
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
            On another dtype than the state's.
        ValueError
            As `attention`.
        """
        name = "AttentionState.attend"
        q = self._array(name, "queries", queries)
        wants_report = flag(name, "return_report", return_report)
        to, result = stored_output(name, out, (*q.shape[:3], self._value_dim), q)
        report = self._state.attend(q, to, threads(name, num_threads))
        return (result, report_of(report)) if wants_report else result

    @overload
    def advance(
        self,
        queries: StoredLike,
        keys: StoredLike,
        values: StoredLike,
        *,
        key_mask: ArrayLike | None = ...,
        key_lengths: ArrayLike | None = ...,
        gates: ArrayLike | None = ...,
        out: StoredLike | None = ...,
        num_threads: int | None = ...,
        return_report: Literal[False] = ...,
    ) -> Array: ...
    @overload
    def advance(
        self,
        queries: StoredLike,
        keys: StoredLike,
        values: StoredLike,
        *,
        key_mask: ArrayLike | None = ...,
        key_lengths: ArrayLike | None = ...,
        gates: ArrayLike | None = ...,
        out: StoredLike | None = ...,
        num_threads: int | None = ...,
        return_report: Literal[True],
    ) -> tuple[Array, AttentionReport]: ...
    def advance(
        self,
        queries: StoredLike,
        keys: StoredLike,
        values: StoredLike,
        *,
        key_mask: ArrayLike | None = None,
        key_lengths: ArrayLike | None = None,
        gates: ArrayLike | None = None,
        out: StoredLike | None = None,
        num_threads: int | None = None,
        return_report: bool = False,
    ) -> Array | tuple[Array, AttentionReport]:
        """Append keys and values, and let query i attend up to key i of this call.

        `append` and `attend` key by key; as many queries as keys.

        Parameters
        ----------
        queries : array of shape (batch, heads, n, d)
            `key_heads` divides `heads`.
        keys : array of shape (batch, key_heads, n, d)
        values : array of shape (batch, key_heads, n, d_v)
        key_mask, key_lengths, gates
            As in `append`. Query i sees the live keys up to key i, whether or not key i is live
            itself: zeros where there are none, as in a batch padded on the left.
        out : array of shape (batch, heads, n, d_v), optional
            Where to write, any strides, not overlapping the inputs.
        num_threads : int, optional
            Threads to use; without it OpenMP decides. The same bits for any number.
        return_report : bool
            Whether to return an `AttentionReport` too.

        Returns
        -------
        out : array of shape (batch, heads, n, d_v)
        report : AttentionReport
            With `return_report`.

        Raises
        ------
        TypeError
            On another dtype than the state's.
        ValueError
            As `append` and `attend`; the state is then what it was.
        """
        name = "AttentionState.advance"
        q = self._array(name, "queries", queries)
        k = stored_like(name, "keys", keys, AXES, "queries", q)
        v = stored_like(name, "values", values, AXES, "queries", q)
        wants_report = flag(name, "return_report", return_report)
        to, result = stored_output(name, out, (*q.shape[:3], self._value_dim), q)
        report = self._state.advance(
            q,
            k,
            v,
            to,
            *self._live(name, k, key_mask, key_lengths, gates),
            self._chunk(q.shape[1]),
            threads(name, num_threads),
        )
        return (result, report_of(report)) if wants_report else result

    def merge(self, other: AttentionState) -> AttentionState:
        """Take in what `other` has seen, as if its keys had been appended here.

        Sums then agree to rounding.

        Parameters
        ----------
        other : AttentionState
            Of the same map, extents and dtype; it does not change.

        Returns
        -------
        AttentionState
            This one.

        Raises
        ------
        TypeError
            On another dtype.
        ValueError
            On another map or other extents.
        """
        name = "AttentionState.merge"
        if not isinstance(other, AttentionState):
            raise TypeError(f"{name}: other is {type(other).__name__}, expected an AttentionState")
        if other._dtype != self._dtype:
            raise TypeError(f"{name}: other is of {other._dtype}, expected {self._dtype}")
        self._state.merge(other._state)
        return self

    def __repr__(self) -> str:
        return (
            f"AttentionState({self._map!r}, batch={self._batch}, key_heads={self._key_heads}, "
            f"value_dim={self._value_dim}, dtype={self._dtype}, length={self.length})"
        )
