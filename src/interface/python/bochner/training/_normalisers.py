# SPDX-License-Identifier: Apache-2.0
"""What the normalisers of a trained model's attention are like."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import torch

import bochner
from bochner.torch import FavorAttention
from bochner.torch._pairs import pairs_of
from bochner.training._own_attention import GivenAttention

if TYPE_CHECKING:
    from torch import Tensor, nn

    from bochner.training._training_run import TrainingRun


@dataclasses.dataclass(frozen=True)
class Normalisers:
    """Of all layers and heads, over the tokens of one batch held out, without padding."""

    rows: int = 0
    negative: int = 0
    """Rows whose normaliser was negative: their output means little."""
    underflowed: int = 0
    """Rows whose normaliser was zero."""

    def plus(self, other: Normalisers) -> Normalisers:
        """Of both."""
        return Normalisers(
            self.rows + other.rows,
            self.negative + other.negative,
            self.underflowed + other.underflowed,
        )


@torch.no_grad()
def normalisers(run: TrainingRun) -> Normalisers:
    """Of a run's model on the first batch of what it is measured on; none of exact attention."""
    found = Normalisers()
    question = run.held_out()[0]
    lengths = (~question.padding).sum(1).tolist()

    def look(module: nn.Module, rows: tuple[Tensor, ...], options: dict[str, Any]) -> None:
        nonlocal found
        for i, length in enumerate(lengths):  # padding comes last
            cut = tuple(x[i : i + 1, :length] for x in rows)
            found = found.plus(_of(module, cut, causal=options["is_causal"]))

    hooks = [
        layer.self_attn.register_forward_pre_hook(look, with_kwargs=True)
        for layer in run.model.body.layers
    ]
    try:
        run.model.eval()(question.inputs, question.padding)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _of(module: Any, rows: tuple[Tensor, ...], *, causal: bool) -> Normalisers:
    options: dict[str, Any] = {"causal": causal, "return_report": True}
    if isinstance(module, FavorAttention):
        q, k, v = module.projected(rows)
        maps: Any = module.feature_map.specs
        options |= {"exact": pairs_of(module.exact), "rest": module.rest}
    elif isinstance(module, GivenAttention):
        q, k, v = module.projected(rows)
        (q, k), maps = module.features(q, k), module.spec
    else:
        return Normalisers()
    arrays = [x.detach().cpu().numpy() for x in (q, k, v)]
    _, report = bochner.attention(maps, *arrays, **options)
    count = q.shape[0] * q.shape[1] * q.shape[2]
    return Normalisers(count, report.negative_rows, report.underflowed_rows)
