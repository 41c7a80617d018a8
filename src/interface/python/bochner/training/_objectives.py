# SPDX-License-Identifier: Apache-2.0
"""What a model of sequences is asked for: the next token, hidden tokens, or the class."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch.nn.functional import cross_entropy

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from bochner.training._rows import Rows

# Of the tokens that are there.
_HIDDEN = 0.15


class Question(NamedTuple):
    """Inputs of a model, and what its outputs ought to be."""

    inputs: Tensor
    """int64, (batch, length)."""
    padding: Tensor
    """bool, (batch, length): True where there is no token."""
    targets: Tensor
    """int64: (batch, length), or (batch,) of classes."""
    counted: Tensor
    """bool, of that shape: where the targets count."""

    def to(self, device: torch.device) -> Question:
        """On another device."""
        return Question(*(each.to(device) for each in self))

    def losses(self, outputs: Tensor) -> Tensor:
        """Of the targets that count, in nats, in order."""
        kept = self.counted
        return cross_entropy(outputs[kept], self.targets[kept], reduction="none")

    def mistakes(self, outputs: Tensor) -> Tensor:
        """True where the likeliest output is not the target, likewise."""
        kept = self.counted
        return outputs[kept].argmax(-1) != self.targets[kept]


class Objective(NamedTuple):
    """A way to ask."""

    ask: Callable[[Rows, int, torch.Generator], Question]
    """Of rows, the token that stands for none of them, and a source of random numbers."""
    causal: bool
    """Whether a row may see earlier ones only."""
    of_whole: bool
    """Whether there is one output per sequence."""


def _next(rows: Rows, extra: int, _generator: torch.Generator) -> Question:
    """Each token from those before it, the first one from nothing."""
    tokens, live = rows.tokens.long(), rows.live()
    begin = torch.full_like(tokens[:, :1], extra)
    return Question(torch.cat([begin, tokens[:, :-1]], 1), ~live, tokens, live)


def _masked(rows: Rows, extra: int, generator: torch.Generator) -> Question:
    """Hidden tokens from all others; each sequence hides one at least."""
    tokens, live = rows.tokens.long(), rows.live()
    draws = torch.rand(tokens.shape, generator=generator).masked_fill(~live, 2.0)
    hidden = (draws < _HIDDEN) | (draws == draws.amin(1, keepdim=True))
    hidden &= live
    return Question(tokens.masked_fill(hidden, extra), ~live, tokens, hidden)


def _class(rows: Rows, _extra: int, _generator: torch.Generator) -> Question:
    """The class of a sequence."""
    everything = torch.ones_like(rows.labels, dtype=torch.bool)
    return Question(rows.tokens.long(), ~rows.live(), rows.labels, everything)


OBJECTIVES = {
    "next": Objective(_next, causal=True, of_whole=False),
    "masked": Objective(_masked, causal=False, of_whole=False),
    "class": Objective(_class, causal=False, of_whole=True),
}
