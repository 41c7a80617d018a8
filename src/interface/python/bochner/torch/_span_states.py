# SPDX-License-Identifier: Apache-2.0
"""Rows and states that pass between ranks, with their gradients, in plain torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.autograd.function import once_differentiable

from bochner.torch._feature_sums import State
from bochner.torch._parts import finite
from bochner.torch._spans import exclusive_scan

if TYPE_CHECKING:
    from torch import Tensor

    from bochner.torch._ranks import Ranks
    from bochner.torch._spans import Spans


class Line(NamedTuple):
    """Ranks, the spans of a sequence that they have, and how weights fade along it."""

    ranks: Ranks
    spans: Spans
    rates: Tensor | None
    """(key heads, 1, 1, 1)"""

    def fetch(self, rows: Tensor) -> Tensor:
        """The rows (..., n, columns) right before this rank's."""
        rank, starts = self.ranks.rank, self.spans.starts
        near = self.spans.near(rank)
        sent, fetched = self.spans.pieces(rank)
        found = rows.new_empty((*rows.shape[:-2], near, rows.shape[-1]))
        arrived = [
            (rows.new_empty((*rows.shape[:-2], p.end - p.first, rows.shape[-1])), p.source)
            for p in fetched
        ]
        start = starts[rank]
        self.ranks.exchange(
            [(rows[..., p.first - start : p.end - start, :].contiguous(), p.to) for p in sent],
            arrived,
        )
        for piece, (part, _) in zip(fetched, arrived, strict=True):
            at = piece.first - (start - near)
            found[..., at : at + part.shape[-2], :] = part
        return found

    def give_back(self, gradient: Tensor, like: Tensor) -> Tensor:
        """The gradient of rows (as `like`), of that of what was fetched of them on all ranks."""
        rank, start = self.ranks.rank, self.spans.starts[self.ranks.rank]
        near = self.spans.near(rank)
        sent, fetched = self.spans.pieces(rank)
        total = torch.zeros_like(like)
        arrived = [
            (like.new_empty((*like.shape[:-2], p.end - p.first, like.shape[-1])), p.to)
            for p in sent
        ]
        begin = start - near
        self.ranks.exchange(
            [
                (gradient[..., p.first - begin : p.end - begin, :].contiguous(), p.source)
                for p in fetched
            ],
            arrived,
        )
        for piece, (part, _) in zip(sent, arrived, strict=True):
            total[..., piece.first - start : piece.end - start, :] += part
        return total

    def scan(self, mine: State, step: int) -> State:
        """The state of the ranks before this one, or (-1) behind it; of the first, of no key.

        A rank's state is seen from the end of what is its own to sum; backward, from its beginning.
        """
        lean = State(mine.sums.contiguous(), mine.unit.contiguous())

        def swap(state: State, to: int | None, source: int | None) -> State | None:
            came = State(*(torch.empty_like(x) for x in lean))
            self.ranks.exchange(
                [] if to is None else [(x, to) for x in state],
                [] if source is None else [(x, source) for x in came],
            )
            return None if source is None else came

        def join(earlier: State, last: int, later: State, end: int) -> State:
            ahead = int(step > 0)  # the boundaries at which ranks end
            gap = self.spans.boundary(end + ahead) - self.spans.boundary(last + ahead)
            return earlier.later(self.rates, abs(gap)).plus(later)

        found = exclusive_scan(self.ranks.rank, self.ranks.size, lean, swap, join, step)
        if found is not None:
            return found
        return State(torch.zeros_like(lean.sums), torch.full_like(lean.unit, -torch.inf))


class NearRows(torch.autograd.Function):
    """`Line.fetch`, whose gradient goes back to the ranks that the rows are of."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, line: Line) -> Tensor:
        ctx.line = line
        ctx.save_for_backward(rows)
        return line.fetch(rows)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (rows,) = ctx.saved_tensors
        return ctx.line.give_back(gradient, rows), None


class EarlierState(torch.autograd.Function):
    """The state of all ranks before this one, each seen from the end of what is its own to sum.

    ``exp(p_r) P_r = sum over q < r of exp(-rate * gap + u_q) S_q`` for sums S in units u. The
    gradient of S_q is the sum over r > q of ``exp(u_q - rate * gap - p_r)`` times that of P_r: the
    same scan from the last rank to the first, in units -p. As ``p_r >= u_q - rate * gap``, no
    factor is above 1.
    """

    @staticmethod
    def forward(ctx: Any, sums: Tensor, unit: Tensor, line: Line) -> tuple[Tensor, Tensor]:
        found = line.scan(State(sums, unit), 1)
        ctx.line = line
        ctx.save_for_backward(unit, found.unit)
        ctx.mark_non_differentiable(found.unit)
        return found.sums, found.unit

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, _: Any) -> tuple[Tensor, None, None]:
        unit, found_unit = ctx.saved_tensors
        nothing = torch.isinf(found_unit)
        later = ctx.line.scan(State(gradient, torch.where(nothing, found_unit, -found_unit)), -1)
        return later.sums * (unit + later.unit).exp().mT, None, None


class CommonState(torch.autograd.Function):
    """The state of all ranks, on each of them."""

    @staticmethod
    def forward(ctx: Any, sums: Tensor, unit: Tensor, ranks: Ranks) -> tuple[Tensor, Tensor]:
        top = unit.clone(memory_format=torch.contiguous_format)
        ranks.maximum(top)
        factor = (unit - finite(top)).exp().mT
        total = (sums * factor).contiguous()
        ranks.total(total)
        ctx.ranks = ranks
        ctx.save_for_backward(factor)
        ctx.mark_non_differentiable(top)
        return total, top

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, _: Any) -> tuple[Tensor, None, None]:
        (factor,) = ctx.saved_tensors
        total = gradient.clone(memory_format=torch.contiguous_format)
        ctx.ranks.total(total)
        return total * factor, None, None
