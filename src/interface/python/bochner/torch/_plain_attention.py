# SPDX-License-Identifier: Apache-2.0
"""Attention in plain torch: on any device, differentiable as often as torch is."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import torch

from bochner.torch._exact_sums import KernelRows, Seen, chosen_keys, kernel_rows, over_pairs
from bochner.torch._feature_sums import over_all, over_earlier
from bochner.torch._log_features import LogFeatures, log_features
from bochner.torch._pairs import counts_of
from bochner.torch._parts import Part, no_keys
from bochner.torch._tensors import number_of_heads, wide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from bochner.torch._constants import MapConstants, SideConstants


def without_autocast(tensor: Tensor) -> Any:
    """A context in which products keep the precision of their factors."""
    device = tensor.device.type
    if device == "meta":
        return contextlib.nullcontext()
    return torch.autocast(device, enabled=False)


def by_kernel(problem: Problem, constants: MapConstants, offset: int) -> KernelRows:
    """Rows after the kernel's A, query 0 at position `offset`."""
    kernel, gaussian = constants.kernel.unsqueeze(1), constants.gaussian.unsqueeze(1)
    return kernel_rows(problem.queries, problem.keys, kernel, gaussian, problem.rates, offset)


def _by_head(side: SideConstants) -> SideConstants:
    """For rows (batch, key heads, queries a key head, n, d)."""
    return type(side)(*(x.unsqueeze(1) for x in side))


def require_as_many(maps: int, key_heads: int) -> None:
    if maps not in (1, key_heads):
        raise ValueError(
            f"attention: there are {maps} maps, expected 1 or {key_heads} (one per key head)"
        )


def rates_column(decay: Sequence[float], like: Tensor) -> Tensor | None:
    """Rates (key heads, 1, 1, 1); no decay is an empty one."""
    if len(decay) == 0:
        return None
    return torch.tensor(list(decay), dtype=like.dtype, device=like.device).view(-1, 1, 1, 1)


class Problem:
    """Rows, grouped by key heads, in float32 or float64."""

    def __init__(
        self,
        queries: Tensor,
        keys: Tensor,
        values: Tensor,
        key_mask: Tensor | None,
        decay: Sequence[float],
    ) -> None:
        group = number_of_heads(queries, keys, "attention")
        self.queries = wide(queries).unflatten(1, (keys.shape[1], group))
        self.raw_keys, values = wide(keys), wide(values)
        if key_mask is not None:  # whatever dead keys hold
            dead = ~key_mask[:, None, :, None]
            self.raw_keys, values = (x.masked_fill(dead, 0.0) for x in (self.raw_keys, values))
        self.keys = self.raw_keys.unsqueeze(2)
        ones = torch.ones_like(values[..., :1])
        self.values = torch.cat([values, ones], -1).unsqueeze(2)
        self.key_mask = key_mask
        self.rates = rates_column(decay, values)

    def live(self) -> Tensor | None:
        return None if self.key_mask is None else self.key_mask[:, None, None, None, :]

    def result(self, part: Part, like: Tensor) -> Tensor:
        return part.result().flatten(1, 2).to(like.dtype)


def plain_attention(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    constants: MapConstants,
    key_mask: Tensor | None,
    decay: Sequence[float],
    causal: bool,
    query_offset: int,
    exact: str,
    rest: str,
) -> Tensor:
    """`bochner.attention` with the maps of these constants."""
    pairs = counts_of(exact)
    if pairs.blocks > 0 or rest == "means":
        raise ValueError(
            "attention: blocks of keys and their means are not offered outside the CPU and with "
            'backend="torch", expected a window, first or heaviest keys'
        )
    if pairs.heaviest_keys > 0 and causal:
        raise ValueError(
            "attention: exact.heaviest_keys is given with a causal mask, expected none: later keys "
            "would decide which are the heaviest"
        )
    if len(decay) > 0 and not causal:
        raise ValueError("attention: decay is given without a causal mask")
    key_heads = keys.shape[1]
    require_as_many(constants.gaussian.shape[0], key_heads)
    if 0 in queries.shape or keys.shape[2] == 0:
        return queries.new_zeros((*queries.shape[:3], values.shape[3]))
    with without_autocast(queries):
        problem = Problem(queries, keys, values, key_mask, decay)
        total = no_keys(problem.values, tuple(problem.queries.shape[:-1]), problem.values.shape[-1])
        window = min(pairs.window, queries.shape[2] + keys.shape[2] + abs(query_offset) + 1)
        chosen = None
        if pairs.first_keys + pairs.heaviest_keys > 0:
            chosen = chosen_keys(problem.raw_keys, key_mask, pairs.first_keys, pairs.heaviest_keys)
        seen = _cut(window, causal, query_offset)
        if window > 0 or chosen is not None:
            rows = by_kernel(problem, constants, query_offset)
            if window > 0:
                band = Seen(query_offset - window + 1, query_offset + (1 if causal else window))
                total = total.plus(over_pairs(rows, problem.values, problem.live(), band))
            if chosen is not None:
                near = KernelRows(rows.queries, chosen.rows_of(rows.keys), *rows[2:])
                there = chosen.counts[:, :, None, None, :]
                positions = chosen.positions[:, :, None, None, :]
                values_there = chosen.rows_of(problem.values)
                for each in seen:
                    total = total.plus(over_pairs(near, values_there, there, each, positions))
        if rest == "features":
            others = None if chosen is None else ~chosen.chosen
            if key_mask is not None:
                mask = key_mask.unsqueeze(1)
                others = mask if others is None else others & mask
            total = total.plus(_features(problem, constants, others, seen, window, query_offset))
        return problem.result(total, queries)


def _cut(window: int, causal: bool, offset: int) -> list[Seen]:
    """What is seen outside of the window, on one side of it or on both."""
    if causal:
        return [Seen(until=offset - window + 1)]
    if window == 0:
        return [Seen()]
    return [Seen(until=offset - window + 1), Seen(first=offset + window)]


def feature_rows(
    problem: Problem, constants: MapConstants, others: Tensor | None
) -> tuple[LogFeatures, LogFeatures]:
    """Of queries and keys; none of keys beside `others` (batch, heads or 1, S)."""
    queries = log_features(problem.queries, _by_head(constants.query), constants.signed)
    keys = log_features(problem.keys, _by_head(constants.key), constants.signed)
    if others is not None:
        hidden = ~others[:, :, None, :, None]
        keys = LogFeatures(keys.value, keys.log.masked_fill(hidden, -torch.inf))
    return queries, keys


def _features(
    problem: Problem,
    constants: MapConstants,
    others: Tensor | None,
    seen: list[Seen],
    window: int,
    offset: int,
) -> Part:
    """All keys of `others` that are seen outside of the window."""
    queries, keys = feature_rows(problem, constants, others)
    if seen == [Seen()]:
        return over_all(queries, keys, problem.values)
    if problem.rates is not None:
        queries = queries.raised(-problem.rates * window)
    before = over_earlier(queries, keys, problem.values, offset - window, problem.rates)
    if len(seen) == 1:
        return before

    def reversed_rows(x: Tensor) -> Tensor:
        return x.flip(-2)

    num_queries, num_keys = problem.queries.shape[-2], problem.keys.shape[-2]
    after = over_earlier(
        queries.each(reversed_rows),
        keys.each(reversed_rows),
        reversed_rows(problem.values),
        num_keys - num_queries - offset - window,
        None,
    )
    return before.plus(Part(*(reversed_rows(x) for x in after)))


def plain_exact_attention(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    kernel: Tensor,
    gaussian: Tensor,
    key_mask: Tensor | None,
    allowed: Tensor | None,
    bias: Tensor | None,
    decay: Sequence[float],
    causal: bool,
    query_offset: int,
    window: int,
) -> Tensor:
    """`bochner.exact_attention`; `kernel` (d, d) holds A of the kernel, transposed."""
    if len(decay) > 0 and not causal:
        raise ValueError("exact_attention: decay is given without a causal mask")
    if 0 in queries.shape or keys.shape[2] == 0:
        return queries.new_zeros((*queries.shape[:3], values.shape[3]))
    with without_autocast(queries):
        problem = Problem(queries, keys, values, key_mask, decay)
        groups = problem.queries.shape[1:3]
        live = problem.live()
        if allowed is not None:
            shown = _grouped(allowed, groups)
            live = shown if live is None else live & shown
        rows = kernel_rows(
            problem.queries, problem.keys, kernel, gaussian, problem.rates, query_offset
        )
        seen = Seen(
            query_offset - window + 1 if window > 0 else None,
            query_offset + 1 if causal else None,
        )
        grouped_bias = None if bias is None else _grouped(wide(bias), groups)
        total = over_pairs(rows, problem.values, live, seen, bias=grouped_bias)
        return problem.result(total, queries)


def _grouped(x: Tensor, groups: torch.Size) -> Tensor:
    """What broadcasts to (batch, heads, L, S), its heads grouped by key heads."""
    x = x[(None,) * (4 - x.dim())]
    return x.unsqueeze(1) if x.shape[1] == 1 else x.unflatten(1, tuple(groups))
