# SPDX-License-Identifier: Apache-2.0
"""Sums over some of the keys of each row, in a unit of the row's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


def finite(x: Tensor) -> Tensor:
    """`x`, 0 where it is minus infinity: the largest of no logarithm."""
    return torch.where(x == -torch.inf, torch.zeros_like(x), x)


class Part(NamedTuple):
    """``exp(unit) * sums`` are sums of weighted values, the sum of the weights in the last column.

    Units are constants for the gradient, since what is divided in the end does not depend on them;
    minus infinity where no key was seen.
    """

    sums: Tensor
    """(..., n, d_v + 1)"""
    unit: Tensor
    """(..., n, 1)"""

    def plus(self, other: Part) -> Part:
        """Over the keys of both."""
        unit = torch.maximum(self.unit, other.unit)
        safe = finite(unit)
        mine, theirs = ((each.unit - safe).exp() for each in (self, other))
        return Part(self.sums * mine + other.sums * theirs, unit)

    def result(self) -> Tensor:
        """The weighted means; zeros where the weights add up to nothing."""
        weights = self.sums[..., -1:]
        nothing = weights == 0
        means = self.sums[..., :-1] / torch.where(nothing, torch.ones_like(weights), weights)
        return torch.where(nothing, torch.zeros_like(means), means)


def no_keys(like: Tensor, shape: tuple[int, ...], columns: int) -> Part:
    """Of rows that see none."""
    return Part(like.new_zeros((*shape, columns)), like.new_full((*shape, 1), -torch.inf))


def joined(parts: Sequence[Part]) -> Part:
    """Of the rows of all, one after the other."""
    return Part(torch.cat([p.sums for p in parts], -2), torch.cat([p.unit for p in parts], -2))


def of_logits(logits: Tensor, values: Tensor) -> Part:
    """Of pairs whose weights are exponentials of `logits` (..., n, keys)."""
    unit = logits.detach().amax(-1, keepdim=True)
    return Part((logits - finite(unit)).exp() @ values, unit)
