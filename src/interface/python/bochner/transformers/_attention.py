# SPDX-License-Identifier: Apache-2.0
"""The attention of a layer: exact, or as its heads are planned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from bochner.torch import attention as feature_attention
from bochner.torch import exact_attention
from bochner.transformers._layers import is_causal as causal_by_itself
from bochner.transformers._layers import layer_name
from bochner.transformers._masks import seen_keys
from bochner.transformers._plans import stored_plans
from bochner.transformers._refusals import refuse_dropout, refuse_options

if TYPE_CHECKING:
    from torch import Tensor, nn

    from bochner.transformers._plans import LayerPlans, PlannedGroup

# Fewer queries than any plan has frequencies cost less against all keys of a cache than the
# features of these do.
_FEW_QUERIES = 32


class LayerCall(NamedTuple):
    """What a layer asks for, with the keys that are not there yet left out."""

    layer: str
    queries: Tensor
    keys: Tensor
    values: Tensor
    scale: float
    causal: bool
    window: int | None
    key_mask: Tensor | None

    @property
    def offset(self) -> int:
        """Position of query 0 among the keys."""
        return self.keys.shape[2] - self.queries.shape[2] if self.causal else 0

    def exact(self) -> Tensor:
        """Exact attention of all heads."""
        return exact_attention(
            f"softmax(scale={self.scale!r})",
            self.queries,
            self.keys,
            self.values,
            causal=self.causal,
            query_offset=self.offset,
            key_mask=self.key_mask,
            window=self.window,
        )

    def of_heads(self, group: PlannedGroup) -> LayerCall:
        """The same for the heads of a group."""
        return self._replace(
            queries=_heads(self.queries, group["heads"]),
            keys=_heads(self.keys, group["key_heads"]),
            values=_heads(self.values, group["key_heads"]),
        )

    def features(self, group: PlannedGroup) -> Tensor:
        """Attention as a group of heads is planned."""
        return feature_attention(
            group["specs"],
            self.queries,
            self.keys,
            self.values,
            causal=self.causal,
            query_offset=self.offset,
            key_mask=self.key_mask,
            exact=group["exact"],
            rest=group["rest"],
        )


def _heads(tensor: Tensor, heads: list[int]) -> Tensor:
    """Some heads, as a view where they follow each other."""
    if heads == list(range(heads[0], heads[0] + len(heads))):
        return tensor[:, heads[0] : heads[0] + len(heads)]
    return tensor[:, heads]


def layer_call(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    is_causal: bool | None = None,
    sliding_window: int | None = None,
    **options: Any,
) -> LayerCall:
    """What transformers calls an attention with, refused by name where it cannot be honoured."""
    layer = layer_name(module)
    refuse_dropout(layer, dropout)
    refuse_options(layer, options)
    seen = seen_keys(
        layer,
        attention_mask,
        causal_by_itself(module) if is_causal is None else is_causal,
        sliding_window,
        key.shape[0],
        key.shape[2],
    )
    return LayerCall(
        layer,
        query.expand(key.shape[0], -1, -1, -1),
        key[:, :, : seen.num_keys],
        value[:, :, : seen.num_keys],
        query.shape[-1] ** -0.5 if scaling is None else float(scaling),
        seen.causal,
        seen.window,
        seen.mask,
    )


def attend(call: LayerCall, plans: LayerPlans | None, decoding: str) -> Tensor:
    """(batch, L, heads, d_v) of a call, by its plans where there are some."""
    few = call.offset > 0 and call.queries.shape[2] < _FEW_QUERIES
    if plans is None or call.window is not None or (few and decoding == "exact"):
        return call.exact().transpose(1, 2)
    parts = []
    for group in plans["groups"]:
        part = call.of_heads(group)
        exact = group["method"] == "exact"
        parts.append((part.exact() if exact else part.features(group)).transpose(1, 2))
    if len(parts) == 1:
        return parts[0]
    order = [head for group in plans["groups"] for head in group["heads"]]
    places = sorted(range(len(order)), key=order.__getitem__)
    return torch.cat(parts, 2)[:, :, places]


def attention(module: nn.Module, *arguments: Any, **options: Any) -> tuple[Tensor, None]:
    """What transformers calls for every layer."""
    call = layer_call(module, *arguments, **options)
    plans, decoding = stored_plans(module, call.layer, call.queries, call.keys)
    return attend(call, plans, decoding).contiguous(), None
