# SPDX-License-Identifier: Apache-2.0
"""What the layers of a model are called in its configuration."""

from __future__ import annotations

import threading
import weakref
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

_ORDER = "_bochner_order"

_lock = threading.Lock()
_orders: dict[int, Counter[str]] = {}


def config_of(module: nn.Module) -> Any:
    """The configuration that a layer was made from, or None."""
    return getattr(module, "config", None)


def is_causal(module: nn.Module) -> bool:
    return bool(getattr(module, "is_causal", True))


def _family(module: nn.Module) -> str:
    """Its class, and which of the attentions of a decoder it is."""
    cross = getattr(module, "is_cross_attention", False) or (
        getattr(module, "is_decoder", False) and not is_causal(module)
    )
    direction = "cross" if cross else "causal" if is_causal(module) else "bidirectional"
    return f"{type(module).__name__}.{direction}"


def _order(module: nn.Module, family: str) -> int:
    """How many layers of its family were called before it first was, for those without a number.

    Layers are called one after the other, so this is their place in the model.
    """
    config = config_of(module)
    with _lock:
        known: int | None = module.__dict__.get(_ORDER)
        if known is None:
            if id(config) not in _orders:
                _orders[id(config)] = Counter()
                weakref.finalize(config, _orders.pop, id(config), None)
            known = _orders[id(config)][family]
            _orders[id(config)][family] += 1
            setattr(module, _ORDER, known)
        return known


def layer_name(module: nn.Module) -> str:
    """Class, direction and number, ``LlamaAttention.causal.3``."""
    family = _family(module)
    index = getattr(module, "layer_idx", None)
    return f"{family}.{_order(module, family) if index is None else index}"
