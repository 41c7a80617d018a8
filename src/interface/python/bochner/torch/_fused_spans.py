# SPDX-License-Identifier: Apache-2.0
"""Attention over a sequence that is cut over ranks, by the library's own states on the CPU."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

from bochner import _core
from bochner._agreement import together
from bochner._archives import State as Archive
from bochner._archives import archive_of
from bochner._attention_state import AttentionState
from bochner.torch._spans import exclusive_scan
from bochner.torch._tensors import laid_out_as

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from bochner._map import FeatureMap
    from bochner.torch._ranks import Ranks

NO_STATE = b""
"""What a rank sends on that has none, since something went wrong on it or before it."""

# Below every exponent of a double.
_SMALLEST = -2000


class Layer(NamedTuple):
    """What states are made of: the maps of key heads, and options."""

    maps: tuple[FeatureMap, ...]
    batch: int
    key_heads: int
    value_dim: int
    dtype: str
    window: int
    decay: Sequence[float]

    def part(self, first: int, end: int) -> Layer:
        """Of some of the key heads."""
        maps = self.maps if len(self.maps) == 1 else self.maps[first:end]
        return self._replace(maps=maps, key_heads=end - first, decay=self.decay[first:end])

    @property
    def held(self) -> Any:
        """Maps as states take them."""
        return self.maps[0] if len(self.maps) == 1 else list(self.maps)

    def state(self) -> AttentionState:
        """One that has seen nothing."""
        return AttentionState(
            self.held,
            self.batch,
            self.key_heads,
            self.value_dim,
            dtype=self.dtype,
            window=self.window,
            decay=self.decay or None,
        )

    def closed(self, state: AttentionState) -> Archive:
        """A state's words and arrays, its separate keys summed."""
        words, arrays = self.state().merge(state)._state.save()
        if not all(np.isfinite(array).all() for array in arrays.values()):
            raise ValueError("keys or values are not finite, expected what other ranks can sum")
        return words, arrays

    def packed(self, state: AttentionState) -> bytes:
        """A state as bytes: sums, rounded to their scalar, exponents and the keys of the window.

        What an empty state holds as well is left out.
        """
        words, arrays = self.closed(state)
        _, blank = self.state()._state.save()
        lean = {
            name: array
            for name, array in arrays.items()
            if not name.endswith("_rest")
            and not (name in blank and np.array_equal(array, blank[name]))
        }
        return bytes(_core.archive_to_bytes(words, lean))

    def unpacked(self, data: bytes) -> AttentionState:
        """The inverse, but for rounding."""
        words, arrays = archive_of("state of another rank", data)
        _, blank = self.state()._state.save()
        return AttentionState.load(self.held, {**blank, **words, **arrays})


class Rows(NamedTuple):
    """Tensors of a rank's rows."""

    queries: Tensor
    keys: Tensor
    values: Tensor
    key_mask: Tensor | None

    def part(self, first: int, end: int) -> Rows:
        """Of some of the key heads."""
        group = self.queries.shape[1] // self.keys.shape[1]
        return Rows(
            self.queries[:, first * group : end * group],
            self.keys[:, first:end],
            self.values[:, first:end],
            self.key_mask,
        )

    def appended_to(self, state: AttentionState) -> AttentionState:
        """Keys and values alone."""
        return state.append(
            self.keys, self.values, key_mask=self.key_mask, num_threads=torch.get_num_threads()
        )

    def advance(self, state: AttentionState, out: Tensor) -> None:
        """Each query, up to its key."""
        if self.keys.shape[2] > 0:
            threads = torch.get_num_threads()
            state.advance(*self[:3], key_mask=self.key_mask, out=out, num_threads=threads)

    def attend(self, state: AttentionState, out: Tensor) -> None:
        """Each query, all keys."""
        if self.queries.shape[2] > 0:
            state.attend(self.queries, out=out, num_threads=torch.get_num_threads())


@contextlib.contextmanager
def _heads_from(first: int, group: int) -> Iterator[None]:
    """Refusals of a part count its heads from the first of all."""

    def whole(found: re.Match[str]) -> str:
        skipped = first * group if found[1] == "queries" else first
        return f"{found[1]}{found[2]}head {int(found[3]) + skipped}"

    try:
        yield
    except ValueError as error:
        text = re.sub(r"(queries|keys|values)(: batch \d+, )head (\d+)", whole, str(error))
        raise ValueError(text) from error


class _Attempt:
    """Work that may fail on a rank while others wait for what it sends."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.lost = False

    def bytes_of(self, work: Callable[[], bytes]) -> bytes:
        """What `work` makes, or that there is none: now, and from then on."""
        if self.failure is None and not self.lost:
            try:
                return work()
            except Exception as error:
                self.failure = error
        return NO_STATE

    def done(self) -> None:
        """Raise what was raised."""
        if self.failure is not None:
            raise self.failure


def fused_earlier(function: str, ranks: Ranks, layer: Layer, rows: Rows, heads: int) -> Tensor:
    """Query i of this rank, the keys of ranks before it, and those of this rank up to key i.

    Rank after rank advances one state, some heads at a time, so that nothing is done twice and rank
    r begins when r parts are through, of as many as there are. Where that is longer than summing
    keys once more, each rank sums its own first, and the sums are scanned in log2(ranks) rounds.
    """
    out = laid_out_as(rows.queries, rows.values.shape[3])
    parts = [
        (first, min(first + heads, layer.key_heads)) for first in range(0, layer.key_heads, heads)
    ]
    # Keys alone take about half as long as keys and queries.
    way = _chained if 2 * (ranks.size - 1) <= len(parts) else _scanned
    attempt = _Attempt()
    way(ranks, layer, rows, parts, out, attempt)
    together(function, ranks, attempt.done)
    return out


def _chained(
    ranks: Ranks,
    layer: Layer,
    rows: Rows,
    parts: list[tuple[int, int]],
    out: Tensor,
    attempt: _Attempt,
) -> None:
    group = rows.queries.shape[1] // rows.keys.shape[1]
    pending: list[Any] = []
    for first, end in parts:
        came = ranks.receive_bytes(ranks.rank - 1) if ranks.rank > 0 else None
        attempt.lost = attempt.lost or came == NO_STATE

        def advanced(came: bytes | None = came, first: int = first, end: int = end) -> bytes:
            mine = layer.part(first, end)
            state = mine.state() if came is None else mine.unpacked(came)
            with _heads_from(first, group):
                rows.part(first, end).advance(state, out[:, first * group : end * group])
            return mine.packed(state) if ranks.rank + 1 < ranks.size else NO_STATE

        data = attempt.bytes_of(advanced)
        if ranks.rank + 1 < ranks.size:
            pending += ranks.send_bytes(data, ranks.rank + 1)
    ranks.sent(pending)


def _scanned(
    ranks: Ranks,
    layer: Layer,
    rows: Rows,
    _parts: list[tuple[int, int]],
    out: Tensor,
    attempt: _Attempt,
) -> None:
    def own() -> bytes:
        if ranks.rank + 1 == ranks.size:  # no rank behind it asks
            return layer.packed(layer.state())
        return layer.packed(rows.appended_to(layer.state()))

    def swap(data: bytes, to: int | None, source: int | None) -> bytes | None:
        pending = [] if to is None else ranks.send_bytes(data, to)
        came = None if source is None else ranks.receive_bytes(source)
        ranks.sent(pending)
        return came

    def join(earlier: bytes, _last: int, later: bytes, _end: int) -> bytes:
        attempt.lost = attempt.lost or NO_STATE in (earlier, later)
        return attempt.bytes_of(
            lambda: layer.packed(layer.unpacked(earlier).merge(layer.unpacked(later)))
        )

    before = exclusive_scan(ranks.rank, ranks.size, attempt.bytes_of(own), swap, join)
    attempt.lost = attempt.lost or before == NO_STATE

    def advanced() -> bytes:
        rows.advance(layer.state() if before is None else layer.unpacked(before), out)
        return NO_STATE

    attempt.bytes_of(advanced)


def fused_common(function: str, ranks: Ranks, layer: Layer, rows: Rows) -> Tensor:
    """Each query and the keys of all ranks: sums at common exponents add up."""

    def closed() -> Any:
        state = rows.appended_to(layer.state())
        return state.lengths, *layer.closed(state)

    lengths, words, arrays = together(function, ranks, closed)
    seen = torch.from_numpy(lengths)
    ranks.total(seen)
    words = {name: word for name, word in words.items() if name != "length"}
    words |= {f"length_{b}": str(count) for b, count in enumerate(seen.tolist())}
    exponent = arrays["exponent"]
    top = torch.from_numpy(exponent.copy())
    ranks.maximum(top)
    # Of a feature without mass the exponent stands for minus infinity, and the sums are zeros.
    factors = np.ldexp(1.0, np.maximum(exponent - top.numpy(), _SMALLEST).astype(np.int32))
    summed = {"exponent": top.numpy()}
    for name in ("values", "mass"):
        total = torch.from_numpy(_times(arrays[name], factors, by_row=name == "values"))
        ranks.total(total)
        summed[name] = total.numpy()
        summed[f"{name}_rest"] = np.zeros_like(arrays[name])

    def attended() -> Tensor:
        state = AttentionState.load(layer.held, {**words, **arrays, **summed})
        out = laid_out_as(rows.queries, rows.values.shape[3])
        rows.attend(state, out)
        return out

    return together(function, ranks, attended)


def _times(array: NDArray[Any], factors: NDArray[np.float64], *, by_row: bool) -> NDArray[Any]:
    """Of each stream a row per feature, or else an entry, times its factor; padding is behind."""
    streams, features = factors.shape
    per_feature = array.shape[1] // max(features, 1) if by_row else 1
    rows = np.zeros_like(array)
    used = features * per_feature
    table = array[:, :used].reshape(streams, features, per_feature)
    rows[:, :used] = (table * factors[:, :, np.newaxis]).reshape(streams, used)
    return rows
