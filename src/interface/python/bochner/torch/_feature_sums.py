# SPDX-License-Identifier: Apache-2.0
"""Sums over keys by their features, in plain torch, carried from span to span of positions.

Every sum over keys has a unit of its own for each positive feature (one for all signed ones): the
largest logarithm that it has met. So has a row's result. No row underflows, whatever its keys are
beside those of other rows. Inside a span, chunks of rows meet the keys before their chunk through a
state, and the keys of their chunk by halves: of 2 b rows the second b meet all keys of the first b,
for b = 1, 2, 4, ... Nothing is masked, so no unit is that of a key which the row does not see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch.nn.functional import pad

from bochner.torch._log_features import LogFeatures
from bochner.torch._parts import Part, finite, joined, no_keys

if TYPE_CHECKING:
    from torch import Tensor

CHUNK = 64
SPAN = 1024


class State(NamedTuple):
    """``exp(unit)[r] * sums[r]`` is the sum over keys of feature r times the values."""

    sums: Tensor
    """(..., D, d_v + 1)"""
    unit: Tensor
    """(..., 1, D), or (..., 1, 1) for signed features."""

    def plus(self, other: State) -> State:
        """Over the keys of both."""
        unit = torch.maximum(self.unit, other.unit)
        safe = finite(unit)
        mine, theirs = ((each.unit - safe).exp().transpose(-1, -2) for each in (self, other))
        return State(self.sums * mine + other.sums * theirs, unit)

    def later(self, rates: Tensor | None, steps: int) -> State:
        """The same keys as seen so many positions later."""
        return self if rates is None else State(self.sums, self.unit - rates * steps)

    def seen_by(self, queries: LogFeatures) -> Part:
        """What queries make of it."""
        logs = queries.log + self.unit
        unit = logs.detach().amax(-1, keepdim=True)
        return Part(queries.weights(logs - finite(unit)) @ self.sums, unit)


def _state_of(keys: LogFeatures, values: Tensor) -> State:
    """Of at least one key."""
    unit = keys.log.detach().amax(-2, keepdim=True)
    weights = keys.weights(keys.log - finite(unit))
    return State(weights.transpose(-1, -2) @ values, unit)


def _no_state(keys: LogFeatures, values: Tensor) -> State:
    lead = values.shape[:-2]
    return State(
        values.new_zeros((*lead, keys.columns, values.shape[-1])),
        values.new_full((*lead, 1, keys.log.shape[-1]), -torch.inf),
    )


def rows_of(first: int, end: int, features: LogFeatures) -> LogFeatures:
    """Some of them."""
    return features.each(lambda x: x[..., first:end, :])


def state_over(keys: LogFeatures, values: Tensor) -> State:
    """Of all keys, or of none."""
    state = _no_state(keys, values)
    for first in range(0, values.shape[-2], SPAN):
        end = min(first + SPAN, values.shape[-2])
        state = state.plus(_state_of(rows_of(first, end, keys), values[..., first:end, :]))
    return state


def over_all(queries: LogFeatures, keys: LogFeatures, values: Tensor) -> Part:
    """Every query and every key."""
    return state_over(keys, values).seen_by(queries)


def over_earlier(
    queries: LogFeatures, keys: LogFeatures, values: Tensor, offset: int, rates: Tensor | None
) -> Part:
    """Query i and the keys ``j <= i + offset``.

    With `rates` (heads, 1, 1, 1), weights are multiplied by ``exp(-rate * (i + offset - j))``.
    """
    num_queries, num_keys = queries.log.shape[-2], values.shape[-2]

    def query_at(position: int) -> int:
        return min(max(position - offset, 0), num_queries)

    lead = tuple(torch.broadcast_shapes(queries.log.shape[:-2], values.shape[:-2]))
    parts = [no_keys(values, (*lead, query_at(0)), values.shape[-1])]
    state = _no_state(keys, values)
    origin = 0  # the position from which the state is seen
    for first in range(0, num_keys, SPAN):
        if query_at(first) == num_queries:
            break
        end = min(first + SPAN, num_keys)
        span_keys, span_values = rows_of(first, end, keys), values[..., first:end, :]
        rows = query_at(first), query_at(end)
        if rows[0] < rows[1]:
            at = rows[0] + offset - first
            part, state, steps = _span(
                rows_of(*rows, queries), at, span_keys, span_values, state, rates
            )
            parts.append(part)
        else:
            steps = end - first
            if rates is not None:
                span_keys = span_keys.raised(rates * steps_to(steps, values))
            state = state.plus(_state_of(span_keys, span_values)).later(rates, steps)
        origin += steps
    first = query_at(num_keys)
    if first < num_queries:
        later = rows_of(first, num_queries, queries)
        if rates is not None:
            since = first + offset - origin
            later = later.raised(-rates * (steps_to(num_queries - first, values) + since))
        parts.append(state.seen_by(later))
    return joined(parts)


def steps_to(count: int, like: Tensor) -> Tensor:
    """0, 1, ..., count - 1 as a column."""
    return torch.arange(count, device=like.device, dtype=like.dtype).unsqueeze(-1)


def _span(
    queries: LogFeatures,
    at: int,
    keys: LogFeatures,
    values: Tensor,
    state: State,
    rates: Tensor | None,
) -> tuple[Part, State, int]:
    """Queries from position `at` of a span on; the state after it; positions of whole chunks."""
    num_queries, num_keys = queries.log.shape[-2], values.shape[-2]
    size = min(CHUNK, 1 << (num_keys - 1).bit_length())
    count = -(-num_keys // size)

    def chunked(x: Tensor, front: int, fill: float) -> Tensor:
        back = count * size - front - x.shape[-2]
        return pad(x, (0, 0, front, back), value=fill).unflatten(-2, (count, size))

    def features(x: LogFeatures, front: int) -> LogFeatures:
        value = None if x.value is None else chunked(x.value, front, 0.0)
        return LogFeatures(value, chunked(x.log, front, -torch.inf))

    q, k, v = features(queries, at), features(keys, 0), chunked(values, 0, 0.0)
    if rates is not None:
        aging = rates.unsqueeze(-1) * steps_to(size, values)
        q, k = q.raised(-aging), k.raised(aging)
    chunks = _state_of(k, v)
    before: list[State] = []
    for i in range(count):
        before.append(state)
        chunk = State(chunks.sums[..., i, :, :], chunks.unit[..., i, :, :])
        state = state.plus(chunk).later(rates, size)
    earlier = State(
        torch.stack([s.sums for s in before], -3), torch.stack([s.unit for s in before], -3)
    )
    part = by_halves(q, k, v).plus(earlier.seen_by(q))
    found = Part(*(x.flatten(-3, -2)[..., at : at + num_queries, :] for x in part))
    return found, state, count * size


def by_halves(queries: LogFeatures, keys: LogFeatures, values: Tensor) -> Part:
    """Row i of so many queries and the keys up to row i of as many; a power of two of them."""
    total = _itself(queries, keys, values)
    rows = values.shape[-2]
    half = 1
    while half < rows:
        blocks = (rows // (2 * half), 2, half)

        def first(x: Tensor, blocks: tuple[int, int, int] = blocks) -> Tensor:
            return x.unflatten(-2, blocks).select(-3, 0)

        def second(x: Tensor, blocks: tuple[int, int, int] = blocks) -> Tensor:
            return x.unflatten(-2, blocks).select(-3, 1)

        q, k, v = queries.each(second), keys.each(first), first(values)
        largest = k.log.detach().amax(-2, keepdim=True)
        logs = q.log + largest
        unit = logs.detach().amax(-1, keepdim=True)
        weights = q.weights(logs - finite(unit)) @ k.weights(k.log - finite(largest)).mT
        seen = Part(weights @ v, unit)
        nothing = Part(torch.zeros_like(seen.sums), torch.full_like(unit, -torch.inf))
        total = total.plus(
            Part(
                *(
                    torch.stack(halves, -3).flatten(-4, -2)
                    for halves in zip(nothing, seen, strict=True)
                )
            )
        )
        half *= 2
    return total


def _itself(queries: LogFeatures, keys: LogFeatures, values: Tensor) -> Part:
    """Row i of the queries and row i of the keys."""
    logs = queries.log + keys.log
    unit = logs.detach().amax(-1, keepdim=True)
    weights = (logs - finite(unit)).exp()
    if queries.value is not None and keys.value is not None:
        weights = weights * (queries.value * keys.value)
    return Part(weights.sum(-1, keepdim=True) * values, unit)
