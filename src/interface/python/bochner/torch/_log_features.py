# SPDX-License-Identifier: Apache-2.0
"""Features as a factor and a logarithm, in plain torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from bochner.torch._constants import SideConstants


class LogFeatures(NamedTuple):
    """Features ``value * exp(log)`` of rows."""

    value: Tensor | None
    """(..., n, D); None stands for ones."""
    log: Tensor
    """(..., n, D), or (..., n, 1) where `value` is given."""

    @property
    def columns(self) -> int:
        """D."""
        return self.log.shape[-1] if self.value is None else self.value.shape[-1]

    def raised(self, by: Tensor) -> LogFeatures:
        """The features times exp(by)."""
        return LogFeatures(self.value, self.log + by)

    def weights(self, log: Tensor) -> Tensor:
        """``value * exp(log)``."""
        return log.exp() if self.value is None else self.value * log.exp()

    def each(self, change: Callable[[Tensor], Tensor]) -> LogFeatures:
        """The same change of rows for both."""
        value = None if self.value is None else change(self.value)
        return LogFeatures(value, change(self.log))


def log_features(x: Tensor, side: SideConstants, signed: bool) -> LogFeatures:
    """Of rows (..., n, d), with constants that broadcast."""
    shifted = x - side.shift
    projected = shifted @ side.projection
    square = (shifted @ side.root).square().sum(-1, keepdim=True)
    common = shifted @ side.tilt + side.offset
    if signed:
        return LogFeatures(torch.cat([projected.cos(), projected.sin()], -1), common + square)
    return LogFeatures(None, projected + (common - square))


def plain_features(x: Tensor, side: SideConstants, signed: bool) -> Tensor:
    """The features themselves."""
    found = log_features(x, side, signed)
    return found.weights(found.log)
