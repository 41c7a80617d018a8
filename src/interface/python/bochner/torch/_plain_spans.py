# SPDX-License-Identifier: Apache-2.0
"""Attention over a sequence that is cut over ranks, in plain torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from bochner.torch._exact_sums import Seen, over_pairs
from bochner.torch._feature_sums import State, over_earlier, rows_of, state_over, steps_to
from bochner.torch._plain_attention import (
    Problem,
    by_kernel,
    feature_rows,
    rates_column,
    without_autocast,
)
from bochner.torch._span_states import CommonState, EarlierState, Line, NearRows
from bochner.torch._spans import Spans
from bochner.torch._tensors import wide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from bochner.torch._constants import MapConstants
    from bochner.torch._ranks import Ranks


def _others(key_mask: Tensor | None) -> Tensor | None:
    return None if key_mask is None else key_mask.unsqueeze(1)


def _own_state(problem: Problem, state: State) -> State:
    """`state`, whose gradient reaches the rows on ranks without any, too."""
    return state._replace(
        sums=state.sums + 0.0 * (problem.keys[..., :0, :].sum() + problem.values[..., :0, :].sum())
    )


def plain_common(
    ranks: Ranks,
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    constants: MapConstants,
    key_mask: Tensor | None,
) -> Tensor:
    """Each query and the keys of all ranks."""
    with without_autocast(queries):
        problem = Problem(queries, keys, values, key_mask, ())
        seeing, seen = feature_rows(problem, constants, _others(key_mask))
        own = _own_state(problem, state_over(seen, problem.values))
        state = State(*CommonState.apply(*own, ranks))
        return problem.result(state.seen_by(seeing), queries)


def plain_earlier(
    ranks: Ranks,
    counts: Sequence[int],
    window: int,
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    constants: MapConstants,
    key_mask: Tensor | None,
    decay: Sequence[float],
) -> Tensor:
    """Query i of this rank, the keys of ranks before it, and those of this rank up to key i."""
    with without_autocast(queries):
        keys, values = wide(keys), wide(values)
        window = min(window, sum(counts) + 1)
        line = Line(ranks, Spans(counts, window), rates_column(decay, values))
        near, own = line.spans.near(ranks.rank), line.spans.own(ranks.rank)
        keys, values, key_mask = _with_near_rows(line, keys, values, key_mask)
        problem = Problem(queries, keys, values, key_mask, decay)
        seeing, seen = feature_rows(problem, constants, _others(key_mask))
        summed, far, nearer = rows_of(0, own, seen), seeing, seeing
        if line.rates is not None:
            summed = summed.raised(line.rates * (steps_to(own, values) - own))
            far = seeing.raised(-line.rates * (steps_to(queries.shape[-2], values) + near))
            nearer = seeing.raised(-line.rates * window)
        state = _own_state(problem, state_over(summed, problem.values[..., :own, :]))
        before = State(*EarlierState.apply(*state, line))
        total = over_earlier(nearer, seen, problem.values, near - window, line.rates)
        if window > 0:
            pairs = by_kernel(problem, constants, near)
            band = Seen(near - window + 1, near + 1)
            total = total.plus(over_pairs(pairs, problem.values, problem.live(), band))
        return problem.result(total.plus(before.seen_by(far)), queries)


def _with_near_rows(
    line: Line, keys: Tensor, values: Tensor, key_mask: Tensor | None
) -> tuple[Tensor, Tensor, Tensor | None]:
    """The rows before this rank's that the window needs, and its own behind them."""
    if not line.spans.fetches:
        return keys, values, key_mask
    rows = torch.cat([keys, values], -1)
    rows = torch.cat([NearRows.apply(rows, line), rows], -2)
    keys, values = rows.split([keys.shape[-1], values.shape[-1]], -1)
    if key_mask is not None:
        live = key_mask.unsqueeze(-1).to(torch.uint8)
        key_mask = torch.cat([line.fetch(live), live], -2).squeeze(-1).bool()
    return keys, values, key_mask
